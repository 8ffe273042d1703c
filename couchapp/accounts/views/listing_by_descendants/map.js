function(doc) {
  // [ancestor, name, account]: every account below one, at any depth.
  if (doc.pvt_type !== 'account' || doc.pvt_deleted === true || !doc.pvt_tree) return;
  for (var i = 0; i < doc.pvt_tree.length; i++) {
    emit([doc.pvt_tree[i], doc.name, doc._id], {
      id: doc._id,
      name: doc.name,
      realm: doc.realm,
      tree: doc.pvt_tree,
      flags: doc.flags || []
    });
  }
}
