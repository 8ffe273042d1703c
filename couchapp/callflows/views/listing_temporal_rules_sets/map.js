function(doc) {
  // [account, id]: what a listing of sets of time rules shows.
  if (doc.pvt_type !== 'temporal_rule_set' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    rules: doc.temporal_rules || [],
    flags: doc.flags || []
  });
}
