function(doc) {
  // The accounts without a parent: the master account.
  if (doc.pvt_type !== 'account' || doc.pvt_deleted === true) return;
  if (!doc.pvt_tree || !doc.pvt_tree.length) emit(doc._id, null);
}
