// On couchjs a show's global object holds helpers of the host's realm (start, send, provides, require, JSON …), each
// of which leads to the host's global object and so to the protocol loop. Every show function has a global object to
// itself there, so they are taken off it for good; a function gets a `log` and a `JSON` of its own realm instead.
function leaveHost() {
  var i, names, global = new kept.Function('return this')(), d, same = 'true';
  var helpers = ['emit', 'sum', 'log', 'toJSON', 'JSON', 'provides', 'registerType', 'start', 'send', 'getRow',
    'isArray', 'require', 'index'];
  d = kept.descriptor(global, 'getRow');
  if (!d || typeof d.value !== 'function' || d.value.constructor === kept.Function) { return; } // another engine
  kept.host = d.value.constructor('return this')();
  kept.hostError = kept.host.Error;
  kept.hostLog = global.log;
  kept.errors = {
    TypeError: TypeError, SyntaxError: SyntaxError, RangeError: RangeError, InternalError: InternalError, Error: Error
  };
  kept.apply = kept.Function.prototype.call.bind(kept.Function.prototype.apply);
  for (i = 0; i < helpers.length; i++) { delete global[helpers[i]]; }
  kept.global = global;
  kept.globals = kept.create(null);
  kept.values = kept.create(null);
  names = kept.names(global);
  for (i = 0; i < names.length; i++) {
    kept.globals[names[i]] = d = kept.descriptor(global, names[i]);
    if (d.configurable && d.writable) {
      kept.values[names[i]] = d.value;
      d = kept.stringify(names[i]);
      same += ' && set(g, ' + d + ', v, open) && !set(g, ' + d + ', v, shut) && g[' + d + '] === v[' + d + ']';
    }
  }
  kept.count = names.length;
  // A name at a time, written out: a loop, and descriptors, make SpiderMonkey compile something in each run (see
  // scalars). A getter could show what was there. To set on an open receiver works for a value, and for what has a
  // setter; on a shut one for a setter only.
  kept.same = kept.set && new kept.Function('set', 'g', 'v', 'open', 'shut', "'use strict'; return " + same);
  kept.shut = kept.shut && kept.shut(kept.create(null));
}
// sweep takes off the global object what a run has put there and puts back what it replaced. Prototypes are beyond it.
function sweep() {
  var i, was, is, names = kept.names(kept.global);
  if (kept.same && names.length === kept.count &&
      kept.same(kept.set, kept.global, kept.values, kept.create(null), kept.shut)) { return; }
  for (i = 0; i < names.length; i++) {
    was = kept.globals[names[i]];
    is = kept.descriptor(kept.global, names[i]);
    try {
      if (!was) {
        delete kept.global[names[i]];
      } else if (was.configurable && is.value !== was.value) {
        put(kept.global, names[i], was.value, false);
      }
    } catch (ignored) { // made undeletable on purpose: no more can be done here
    }
  }
  for (i in kept.globals) { // what is gone
    if (!kept.descriptor(kept.global, i)) { put(kept.global, i, kept.globals[i].value, false); }
  }
}
// ownError makes an error of the host's realm one of this realm; any other thrown value stays as it is.
function ownError(e) {
  if (!(e instanceof kept.hostError)) { return e; }
  return new (kept.errors[e.name] || kept.errors.Error)(e.message);
}
// ownLog writes to CouchDB's log, at most 16 Ki characters in 1,000 lines a run.
function ownLog() {
  var room = 16384, lines = 1000;
  return function log() {
    var i, v, s, line = '';
    for (i = 0; i < arguments.length; i++) {
      v = arguments[i];
      try {
        s = typeof v === 'object' && v !== null ? errorText(v) || kept.stringify(v) : kept.text(v);
      } catch (e) {
        s = '[unprintable]';
      }
      line += (i ? ' ' : '') + s;
    }
    if (lines <= 0 || room <= 0) { return; }
    if (line.length > room) { line = kept.cut(line, 0, room) + '… [cut]'; }
    room -= line.length + 1;
    if (--lines === 0 || room <= 0) { line += ' [more lines are dropped]'; }
    try { kept.hostLog(printable(line)); } catch (ignored) { } // the host's error would lead to the host
  };
}
// errorText writes an error, which JSON has nothing of: name, message and line (see explain). '' for anything else.
function errorText(e) {
  if (typeof e.stack !== 'string' || typeof e.message !== 'string') { return ''; }
  return (typeof e.name === 'string' && e.name ? e.name + ': ' : '') + e.message +
    (e.lineNumber > 3 ? ' (line ' + (e.lineNumber - 3) + ')' : '');
}
// ownJSON is JSON whose functions, results and errors belong to this realm.
function ownJSON() {
  function revive(reviver, holder, name) {
    var i, names, v = holder[name], n;
    if (v !== null && typeof v === 'object') {
      names = kept.keys(v);
      for (i = 0; i < names.length; i++) {
        n = revive(reviver, v, names[i]);
        if (n === undefined) { delete v[names[i]]; } else { put(v, names[i], n, true); }
      }
    }
    return kept.apply(reviver, holder, [name, v]);
  }
  function parse(text, reviver) {
    var v;
    text = kept.text(text);
    try { v = copy(kept.parse(text)); } catch (e) { throw ownError(e); }
    if (typeof reviver !== 'function') { return v; }
    return revive(reviver, { '': v }, '');
  }
  function stringify(value, replacer, space) {
    var first = true, own = replacer;
    if (typeof replacer === 'function') {
      own = function (name, v) {
        var holder = this;
        if (first) { // the host makes this one
          first = false;
          holder = { '': value };
        }
        return kept.apply(replacer, holder, [name, v]);
      };
    }
    try { return kept.stringify(value, own, space); } catch (e) { throw ownError(e); }
  }
  return { parse: parse, stringify: stringify };
}
