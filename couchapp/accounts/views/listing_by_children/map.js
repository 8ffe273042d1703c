function(doc) {
  // [parent, name, account]: the accounts directly below one.
  if (doc.pvt_type !== 'account' || doc.pvt_deleted === true || !doc.pvt_tree || !doc.pvt_tree.length) return;
  emit([doc.pvt_tree[doc.pvt_tree.length - 1], doc.name, doc._id], {
    id: doc._id,
    name: doc.name,
    realm: doc.realm,
    flags: doc.flags || []
  });
}
