function(doc) {
  // Realm in lower case -> account.
  if (doc.pvt_type !== 'account' || doc.pvt_deleted === true || typeof doc.realm !== 'string') return;
  emit(doc.realm.toLowerCase(), null);
}
