function(doc) {
  // Name as names are compared (lower-case letters and digits) -> account.
  if (doc.pvt_type !== 'account' || doc.pvt_deleted === true || !doc.pvt_alphanum_name) return;
  emit(doc.pvt_alphanum_name, null);
}
