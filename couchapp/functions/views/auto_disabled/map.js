function(doc) {
  // [account, id]: the functions that the platform switched off.
  if (doc.pvt_type !== 'function' || doc.pvt_deleted === true || doc.enabled !== false ||
      !doc.pvt_disabled_message) return;
  emit([doc.pvt_account_id, doc._id], null);
}
