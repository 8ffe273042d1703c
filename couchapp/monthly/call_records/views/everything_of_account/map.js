function(doc) {
  // Account -> revision of everything it has here, softly deleted documents included: what goes when the account goes.
  if (doc.pvt_account_id) emit(doc.pvt_account_id, doc._rev);
}
