// refusal answers why a document must not run, or null. Where Go has the document it has decided the same before
// (package queryserver, refusal.go); here CouchDB decides. Absent, deleted, foreign and other documents answer alike,
// so that nobody can probe for the functions of another account.
function refusal(doc, call) {
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
  return null;
}
