// What an editor underlines with jsconfig.json: a line marked @ts-expect-error that has no error is one.
/// <reference path="callfn.d.ts" />
/** @type {callfn.Function} */
const right = function (call) {
  const digits = call['Digits'] || '';
  log(JSON.stringify(call), Math.max(1, 2), new Date().getHours());
  return {module: 'tts', data: {text: 'Thanks for calling us ' + call['Caller-ID-Name'] + digits}};
};

/** @type {callfn.Function} */
const misspelt = function (call) {
  // @ts-expect-error: no parameter of a call
  return {module: 'tts', data: {text: call['Caller-Name']}};
};

// @ts-expect-error: there is no network
fetch('https://example.com');
// @ts-expect-error: nothing runs later
setTimeout(function () {}, 1);
// @ts-expect-error: there is no environment
process.env;
// @ts-expect-error: there is no page
document.title;
