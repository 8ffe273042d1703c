function(doc) {
  // [account, keyed hash of a login's digest] -> user. The value is empty: the user is read, and the hash compared, by
  // whoever asks.
  if (doc.pvt_type !== 'user' || doc.pvt_deleted === true || !doc.pvt_credentials) return;
  for (var method in doc.pvt_credentials) emit([doc.pvt_account_id, doc.pvt_credentials[method]], null);
}
