function(doc) {
  // [account, number]: what a listing of numbers shows.
  if (doc.pvt_type !== 'number' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    assigned_to: doc.pvt_account_id,
    state: doc.pvt_state,
    created: doc.pvt_created,
    updated: doc.pvt_modified
  });
}
