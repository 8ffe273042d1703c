function(doc) {
  // [account, function, class, run] -> revision: of each class only the last runs are kept.
  if (doc.pvt_type !== 'function_run') return;
  var kind = doc.source === 'rehearsal' ? 'rehearsal' :
    doc.outcome === 'ok' || doc.outcome === 'refused' ? doc.outcome : 'failed';
  emit([doc.pvt_account_id, doc.function_id, kind, doc._id], doc._rev);
}
