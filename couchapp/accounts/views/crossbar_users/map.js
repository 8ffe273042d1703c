function(doc) {
  // [account, user]: what a listing of users shows, with the features that KAZOO's user interfaces draw. Whatever
  // proves who a user is stays out.
  if (doc.pvt_type !== 'user' || doc.pvt_deleted === true) return;
  var features = [];
  for (var i = 0; typeof doc.features === 'object' && doc.features && i < doc.features.length; i++) {
    features.push(doc.features[i]);
  }
  var on = function(part) { return part && part.enabled === true; };
  for (var feature in doc.smartpbx || {}) {
    if (on(doc.smartpbx[feature])) features.push(feature);
  }
  if (on(doc.hotdesk)) features.push('hotdesk');
  if (on(doc.call_forward)) features.push('call_forward');
  else if (doc.call_forward && doc.call_forward.failover) features.push('call_forward_failover');
  if (doc.caller_id && doc.caller_id.external && doc.caller_id.external.number) features.push('caller_id');
  if (doc.vm_to_email_enabled) features.push('vm_to_email');
  if (doc.music_on_hold && doc.music_on_hold.media_id) features.push('music_on_hold');
  if (on(doc.do_not_disturb)) features.push('do_not_disturb');
  if (on(doc.ctu)) features.push('ctu');
  if (on(doc.desktop)) features.push('desktop');
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    features: features,
    username: doc.username,
    first_name: doc.first_name,
    last_name: doc.last_name,
    email: doc.email,
    priv_level: doc.priv_level,
    enabled: doc.enabled !== false,
    feature_level: doc.feature_level,
    presence_id: doc.presence_id,
    timezone: doc.timezone,
    flags: doc.flags || []
  });
}
