function(doc) {
  // [account, function, id] -> name: the test cases that are saved with it.
  if (doc.pvt_type !== 'function_test' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc.pvt_subject_id, doc._id], {name: doc.name});
}
