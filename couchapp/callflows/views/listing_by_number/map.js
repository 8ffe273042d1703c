function(doc) {
  // [account, number]: which callflow answers.
  if (doc.pvt_type !== 'callflow' || doc.pvt_deleted === true || !doc.numbers) return;
  for (var i = 0; i < doc.numbers.length; i++) {
    emit([doc.pvt_account_id, doc.numbers[i]], {name: doc.name || doc._id});
  }
}
