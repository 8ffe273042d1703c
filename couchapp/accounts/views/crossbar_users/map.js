function(doc) {
  // [account, user]: what a listing of users shows. Whatever proves who a user is stays out.
  if (doc.pvt_type !== 'user' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    username: doc.username,
    first_name: doc.first_name,
    last_name: doc.last_name,
    email: doc.email,
    priv_level: doc.priv_level,
    enabled: doc.enabled !== false,
    timezone: doc.timezone,
    flags: doc.flags || []
  });
}
