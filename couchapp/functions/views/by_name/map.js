function(doc) {
  // [account, name]: the functions of a name, which need not be one.
  if (doc.pvt_type !== 'function' || doc.pvt_deleted === true || typeof doc.name !== 'string') return;
  emit([doc.pvt_account_id, doc.name], null);
}
