function(doc) {
  // [account, id]: what a listing of lists shows.
  if (doc.pvt_type !== 'list' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    description: doc.description
  });
}
