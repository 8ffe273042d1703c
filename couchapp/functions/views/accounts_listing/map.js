function(doc) {
  // Account -> how many functions it has.
  if (doc.pvt_type !== 'function' || doc.pvt_deleted === true) return;
  emit(doc.pvt_account_id, null);
}
