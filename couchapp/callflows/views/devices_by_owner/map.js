function(doc) {
  // [account, user]: the devices that a user owns.
  if (doc.pvt_type !== 'device' || doc.pvt_deleted === true || !doc.owner_id) return;
  emit([doc.pvt_account_id, doc.owner_id], null);
}
