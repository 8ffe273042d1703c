function(doc) {
  // [account, run]: every run of the account, in the order of time.
  if (doc.pvt_type !== 'function_run') return;
  emit([doc.pvt_account_id, doc._id], {
    function_id: doc.function_id, call_id: doc.call_id, timestamp: doc.timestamp, source: doc.source,
    outcome: doc.outcome, duration_ms: doc.duration_ms, message: doc.error ? doc.error.message : undefined,
    line: doc.error ? doc.error.line : undefined
  });
}
