function(doc) {
  // [account, time, id]: what a listing of call records shows, under KAZOO's names.
  if (doc.pvt_type !== 'cdr') return;
  var item = {};
  for (var name in doc) {
    if (name.charAt(0) === '_' || name.substr(0, 4) === 'pvt_' || name === 'steps') continue;
    item[name] = doc[name];
  }
  emit([doc.pvt_account_id, doc.timestamp, doc._id], item);
}
