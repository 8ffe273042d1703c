function(doc) {
  // [account, id]: what a listing of time rules shows.
  if (doc.pvt_type !== 'temporal_rule' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    type: doc.type,
    flags: doc.flags || []
  });
}
