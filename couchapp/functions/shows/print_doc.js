// The show `print_doc`: what a function would be run with, for debugging: {"doc": the document, "call": the parameters}
// (docs/reference/kazoo.md#the-functions-design-document, mended: it refuses what `wh` refuses).
function (doc, req) {
  'use strict';

  // !code lib/realm.js
  // !code lib/answer.js
  // !code lib/params.js
  // !code lib/refusal.js

  var kept = realm(), call = params(req);
  if (call === null) { return fail('refused', 'empty callflow document: the request has no parameters'); }
  return refusal(doc, call) || answer(200, { doc: doc, call: call });
}
