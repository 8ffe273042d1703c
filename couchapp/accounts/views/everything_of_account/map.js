function(doc) {
  // Account -> revision of everything it has here but itself, softly deleted documents included: what goes when the
  // account goes.
  if (doc.pvt_account_id && doc.pvt_type !== 'account') emit(doc.pvt_account_id, doc._rev);
}
