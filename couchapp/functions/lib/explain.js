// explain answers what a caught value says: bounded text, and the position in the admin's own text where the engine
// tells. Two lines of `new Function` (ECMA-262, CreateDynamicFunction) and one of build stand before the body.
function explain(outcome, e, source) {
  var shift = 3, most = 1000, text = '', name, message, stack, line = 0, column = 0, at, first = 1, lines;
  try {
    if (e !== null && typeof e === 'object' && typeof (message = e.message) === 'string') {
      name = e.name;
      text = (typeof name === 'string' && name ? name + ': ' : '') + message;
      if (typeof e.lineNumber === 'number' && (outcome === 'syntax' || !kept.naive)) {
        line = e.lineNumber - shift;
        // SpiderMonkey's older versions count the columns of syntax errors from 0: look at one known to be the first.
        try { new kept.Function('*'); } catch (probe) { first = probe.columnNumber; }
        column = typeof e.columnNumber !== 'number' ? 0 :
          e.columnNumber + (outcome === 'syntax' && first === 0 ? 1 : 0);
        // An error that the show itself makes, such as JSON.parse's (see ownError), has its own line: the stack tells
        // the body's.
        at = outcome !== 'syntax' && typeof (stack = e.stack) === 'string' &&
          kept.exec(/ > Function:(\d+)(?::(\d+))?/, stack);
        if (at) { line = at[1] - shift; column = at[2] ? +at[2] : column; }
      } else if (typeof (stack = e.stack) === 'string') {
        // QuickJS names code from new Function <input>, V8 <anonymous>; V8's syntax errors name only who called.
        // QuickJS's JSON.parse tells first, without brackets, where it is in its text; what eval runs is at lines of
        // its own.
        at = kept.exec(outcome === 'syntax' ? /<input>:(\d+)(?::(\d+))?/ : /\(<input>:([4-9]|\d\d+)(?::(\d+))?/, stack);
        if (!at && outcome !== 'syntax') { at = kept.exec(/<(?:input|anonymous)>:([4-9]|\d\d+)(?::(\d+))?/, stack); }
        if (at) { line = at[1] - shift; column = at[2] ? +at[2] : 0; }
      }
      if (name === 'InternalError' && message === 'out of memory') { outcome = 'memory'; }
      // QuickJS, SpiderMonkey and V8 in turn.
      if (message === 'stack overflow' || message === 'too much recursion' ||
          message === 'Maximum call stack size exceeded') {
        text += ': the function calls itself too many times';
      }
    } else if (e !== null && typeof e === 'object') {
      text = 'threw ' + kept.stringify(e);
    } else {
      text = 'threw ' + kept.text(e);
    }
  } catch (ignored) {
    text = typeof text === 'string' && text || 'threw a value that cannot be printed';
  }
  for (lines = 1, at = 0; at < source.length; at++) {
    if (source[at] === '\n') { lines++; }
  }
  if (line > lines) { // the engine stumbled over what stands behind the body
    line = lines;
    column = 0;
  }
  if (text.length > most) { text = kept.cut(text, 0, most) + '…'; }
  return fail(outcome, printable(text), line, column);
}
