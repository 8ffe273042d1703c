function(doc) {
  // Number -> account: whose a number is, for a login by number. The one view that does not start with the account.
  if (doc.pvt_type !== 'callflow' || doc.pvt_deleted === true || !doc.numbers) return;
  for (var i = 0; i < doc.numbers.length; i++) emit(doc.numbers[i], doc.pvt_account_id);
}
