function(doc) {
  // [account, id]: what a listing of functions shows. The source is left out: a listing stays small, and whoever
  // wants the source asks for it.
  if (doc.pvt_type !== 'function' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    name: doc.name,
    enabled: doc.enabled !== false,
    disable_reason: doc.pvt_disabled_message,
    modified: doc.pvt_modified
  });
}
