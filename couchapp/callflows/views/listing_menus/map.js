function(doc) {
  // [account, id]: what a listing of menus shows.
  if (doc.pvt_type !== 'menu' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    flags: doc.flags || []
  });
}
