function(doc) {
  // [account, id]: the functions that are switched on.
  if (doc.pvt_type !== 'function' || doc.pvt_deleted === true || doc.enabled === false) return;
  emit([doc.pvt_account_id, doc._id], {name: doc.name});
}
