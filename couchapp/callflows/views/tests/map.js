function(doc) {
  // [account, callflow, id] -> name: the test cases that are saved with it.
  if (doc.pvt_type !== 'callflow_test' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc.pvt_subject_id, doc._id], {name: doc.name});
}
