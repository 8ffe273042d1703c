function(doc) {
  // [account, type, id]: the softly deleted documents, which can be had back.
  if (doc.pvt_deleted !== true || !doc.pvt_account_id) return;
  emit([doc.pvt_account_id, doc.pvt_type, doc._id], {
    id: doc._id,
    name: doc.name || doc.username,
    numbers: doc.numbers,
    deleted: true,
    modified: doc.pvt_modified
  });
}
