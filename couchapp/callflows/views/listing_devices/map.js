function(doc) {
  // [account, id]: what a listing of devices shows.
  if (doc.pvt_type !== 'device' || doc.pvt_deleted === true) return;
  emit([doc.pvt_account_id, doc._id], {
    id: doc._id,
    name: doc.name,
    username: doc.sip ? doc.sip.username : undefined,
    mac_address: doc.mac_address || '',
    owner_id: doc.owner_id,
    enabled: doc.enabled,
    device_type: doc.device_type || 'sip_device',
    flags: doc.flags || []
  });
}
