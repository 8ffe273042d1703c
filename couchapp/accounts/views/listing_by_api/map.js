function(doc) {
  // API key -> account. The value is empty: the account is read, and its key compared, by whoever asks.
  if (doc.pvt_type !== 'account' || doc.pvt_deleted === true || !doc.pvt_api_key) return;
  emit(doc.pvt_api_key, null);
}
