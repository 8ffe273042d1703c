// explain answers what a caught value says: bounded text, and the position in the admin's own text where the engine tells.
// `new Function` puts two lines before the body on every engine (ECMA-262, CreateDynamicFunction).
function explain(outcome, e) {
  var shift = 2, most = 1000, text = '', line = 0, column = 0, at, first = 1;
  try {
    if (e !== null && typeof e === 'object' && typeof e.message === 'string') {
      text = (typeof e.name === 'string' && e.name ? e.name + ': ' : '') + e.message;
      if (typeof e.lineNumber === 'number') {
        line = e.lineNumber - shift;
        // SpiderMonkey's older versions count the columns of syntax errors from 0: look at one known to be the first.
        try { new Function('*'); } catch (probe) { first = probe.columnNumber; }
        column = typeof e.columnNumber === 'number' ? e.columnNumber + (outcome === 'syntax' && first === 0 ? 1 : 0) : 0;
      } else if (typeof e.stack === 'string') {
        // QuickJS names code from new Function <input>, V8 <anonymous>; V8's syntax errors name only who called.
        at = (outcome === 'syntax' ? /<input>:(\d+)(?::(\d+))?/ : /<(?:input|anonymous)>:(\d+)(?::(\d+))?/).exec(e.stack);
        if (at) { line = at[1] - shift; column = at[2] ? +at[2] : 0; }
      }
      if (e.name === 'InternalError' && e.message === 'out of memory') { outcome = 'memory'; }
    } else if (e !== null && typeof e === 'object') {
      text = 'threw ' + stringify(e);
    } else {
      text = 'threw ' + String(e);
    }
  } catch (ignored) {
    text = text || 'threw a value that cannot be printed';
  }
  if (text.length > most) { text = text.substring(0, most) + '…'; }
  return fail(outcome, text, line, column);
}
