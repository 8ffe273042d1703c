function(doc) {
  // Account -> bytes, roughly, of everything it has here, deleted documents included.
  if (doc.pvt_account_id) emit(doc.pvt_account_id, JSON.stringify(doc).length);
}
