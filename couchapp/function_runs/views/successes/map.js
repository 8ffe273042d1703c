function(doc) {
  // [account, function, run] -> revision: the runs that gave a flow, of which only the last are kept.
  if (doc.pvt_type !== 'function_run' || doc.outcome !== 'ok') return;
  emit([doc.pvt_account_id, doc.function_id, doc._id], doc._rev);
}
