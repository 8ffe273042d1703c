function(doc) {
  // [account, key]: what a listing of pivot keys shows. Their secrets are not stored.
  if (doc.pvt_type !== 'pivot_key' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    function: doc.function
  });
}
