function(doc) {
  // [account, user name] -> user: names are unique in an account, and stored in lower case.
  if (doc.pvt_type !== 'user' || doc.pvt_deleted === true || !doc.username) return;
  emit([doc.pvt_account_id, doc.username], null);
}
