// The show `wh`: runs the stored function for one call and answers what it returned
// (docs/reference/kazoo.md#the-functions-design-document, mended).
//
//   GET /functions/_design/functions/_show/wh/{function id}?To=1000&From=…
//
// The parameters are the query string's; those of an application/x-www-form-urlencoded body come on top. The answer is
// 200 with the bare JSON that the function returned; or, on failure, another code with
// {"error": outcome, "message": text, "line": n, "column": n}. A failure is a response, never a protocol error: CouchDB
// ends the process that raises one. Plain ES5, the same text on every engine. What it does against hostile functions on
// an engine that all functions share is defence in depth, no more: docs/security.md says what that closes.
//
// Our own engine gives a third argument. Its `checked` is the text that it has found to be a function body and no more,
// `made` what it compiled of it before; `json` answers what is JSON already; `watch`, in rehearsals, is how it sees
// which absent parameters the function asks for; `bound` says that the function has what its bindings say.
//
// The source is an expression whose value is the show: what the outer function keeps was there before any function ran,
// and no function can reach it.
(function () {
  'use strict';

  var kept;

  // !code lib/realm.js
  // !code lib/answer.js
  // !code lib/params.js
  // !code lib/refusal.js
  // !code lib/explain.js
  // !code lib/build.js
  // !code lib/result.js
  // !code lib/owndate.js
  // !code lib/date.js
  // !code lib/couchjs.js

  kept = realm();
  kept.naive = typeof new Error('').lineNumber !== 'number';
  leaveHost();

  return function (doc, req, engine) {
    var call = params(req, engine), no, run, result, text, broken;
    if (call === null) { return fail('refused', 'empty callflow document: the request has no parameters'); }
    no = refusal(doc, call, engine && engine.bound);
    if (no) { return no; }

    try {
      run = build(doc.function_js, engine && engine.checked, engine && engine.made,
        engine ? undefined : ownDate(req, doc.function_js));
    } catch (e) {
      return explain('syntax', e, doc.function_js);
    }

    try {
      try {
        call = plain(call);
        result = run(engine && engine.watch ? engine.watch(call) : call);
      } catch (e) {
        return explain('threw', e, doc.function_js);
      }
      if (result === undefined) {
        return fail('no_flow', 'the function returned nothing: end it with `return {module: …, data: {…}};`');
      }

      // Serialised here, under the deadline, so that getters, toJSON and cycles are the function's own trouble.
      try {
        if (thenable(result)) {
          return fail('invalid_flow', 'the function returned a Promise: functions are synchronous, no async/await');
        }
        text = kept.stringify(result);
        broken = halves(text);
        if (broken) { return fail('invalid_flow', broken); }
      } catch (e) {
        return explain('invalid_flow', e, doc.function_js);
      }
      if (typeof text !== 'string') {
        return fail('no_flow', 'the function returned ' + typeof result + ', which JSON cannot hold');
      }
      return engine && engine.json ? engine.json(text) : answer(200, kept.parse(text));
    } finally {
      if (kept.host) { sweep(); }
    }
  };
})()
