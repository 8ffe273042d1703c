function(doc) {
  // [account, Call-ID]: the records of one call.
  if (doc.pvt_type === 'cdr') emit([doc.pvt_account_id, doc.call_id], null);
}
