// fail answers a failure. The code belongs to the outcome; the function that failed cannot choose it. `undefined` members
// shadow what a function may have put on Object.prototype.
var codes = {
  no_flow: 500, invalid_flow: 500, syntax: 500, threw: 500, memory: 500,
  disabled: 403, refused: 400, not_found: 404
};
function fail(outcome, message, line, column) {
  var body = { error: outcome, message: message, toJSON: undefined };
  if (line > 0) { body.line = line; }
  if (line > 0 && column > 0) { body.column = column; }
  return { code: codes[outcome], json: body };
}
