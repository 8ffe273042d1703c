// refusal answers why a document must not run, or null. Where Go has the document it has decided the same before
// (package queryserver, refusal.go); here CouchDB decides. Absent, deleted, foreign and other documents answer alike,
// so that nobody can probe for the functions of another account.
// bound says that the function has what its bindings say, which callfn gives to its own processes alone.
function refusal(doc, call, bound) {
  if (doc === null || typeof doc !== 'object' || doc.pvt_type !== 'function' || doc.pvt_deleted ||
      call['Account-ID'] !== undefined && call['Account-ID'] !== doc.pvt_account_id) {
    return fail('not_found', 'no such function in this account');
  }
  if (doc.enabled === false) {
    return fail('disabled', 'the function is disabled' +
      (typeof doc.pvt_disabled_message === 'string' ? ': ' + doc.pvt_disabled_message : ''));
  }
  if (doc.language_pack !== undefined && (kept.host || kept.own(doc, 'language_pack')) &&
      doc.language_pack !== 'javascript') {
    return fail('refused',
      'language pack ' + kept.stringify(doc.language_pack) + ' cannot be run here: use "javascript"');
  }
  if (typeof doc.function_js !== 'string' || doc.function_js === '') {
    return fail('refused', 'empty function definition: the document has no function_js');
  }
  if (!bound && declares(doc)) {
    return fail('refused',
      'the function declares bindings, and only callfn itself runs such functions, in its own processes');
  }
  return null;
}
// declares reports whether a function uses more than its call (package bindings, Declared).
function declares(doc) {
  var b = doc.bindings, name;
  if (b === undefined || b === null || !kept.host && !kept.own(doc, 'bindings')) { return false; }
  if (typeof b !== 'object' || kept.isArray(b)) { return true; }
  for (name in b) {
    if (kept.own(b, name)) { return true; }
  }
  return false;
}
