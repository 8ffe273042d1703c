// answer is the response object. Its own `toJSON` shadows what a function may have put on Object.prototype.
function answer(code, json) {
  var resp = code === 200 ? { json: json } : { code: code, json: json };
  put(resp, 'toJSON', undefined, false);
  return resp;
}
// fail answers a failure. The code belongs to the outcome; the function that failed cannot choose it.
function fail(outcome, message, line, column) {
  var body = { error: outcome, message: message };
  put(body, 'toJSON', undefined, false);
  if (line > 0) { put(body, 'line', line | 0, true); }
  if (line > 0 && column > 0) { put(body, 'column', column | 0, true); }
  switch (outcome) {
  case 'disabled': return answer(403, body);
  case 'refused': return answer(400, body);
  case 'not_found': return answer(404, body);
  }
  return answer(500, body); // no_flow, invalid_flow, syntax, threw, memory
}
