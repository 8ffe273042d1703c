function(doc) {
  // [account, pattern]: which callflow answers.
  if (doc.pvt_type !== 'callflow' || doc.pvt_deleted === true || !doc.patterns) return;
  for (var i = 0; i < doc.patterns.length; i++) {
    emit([doc.pvt_account_id, doc.patterns[i]], {name: doc.name || doc._id});
  }
}
