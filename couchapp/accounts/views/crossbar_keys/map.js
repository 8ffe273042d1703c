function(doc) {
  // [account, key]: what a listing of programs' keys shows. Their secrets are not stored.
  if (doc.pvt_type !== 'key' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    scope: doc.scope,
    function: doc.function,
    name: doc.name,
    owner: doc.owner,
    contact: doc.contact,
    expires: doc.expires
  });
}
