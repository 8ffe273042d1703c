// answer is the response object. Its own `toJSON` shadows what a function may have put on Object.prototype.
function answer(code, json) {
  return code === 200 ? { json: json, toJSON: undefined } : { code: code, json: json, toJSON: undefined };
}
// fail answers a failure. The code belongs to the outcome; the function that failed cannot choose it.
function fail(outcome, message, line, column) {
  var body = { error: outcome, message: message, toJSON: undefined };
  if (line > 0) { put(body, 'line', line | 0, true); }
  if (line > 0 && column > 0) { put(body, 'column', column | 0, true); }
  switch (outcome) {
  case 'disabled': return answer(403, body);
  case 'refused': return answer(400, body);
  case 'not_found': return answer(404, body);
  }
  return answer(500, body); // no_flow, invalid_flow, syntax, threw, memory
}
