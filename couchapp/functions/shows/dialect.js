// The show `dialect`: the newer syntax that this engine does not parse, the objects it has not, and what it does not
// know of locales and of the account's time zone, by name: {"lacks": ["logical_assignment", …]}. Our own engine, which
// gives a third argument, knows the account's zone everywhere.
//
//   GET /functions/_design/functions/_show/dialect
//
// Whoever saves a function that uses it is warned. It takes no code from the request; the samples are these.
function (doc, req, engine) {
  var samples = {
    let: 'let a = 1;',
    arrow_function: 'var f = (a) => a;',
    template: 'var s = `a${1}`;',
    class: 'class A { b() { return 1; } }',
    spread: 'var f = function (...a) { return [...a]; };',
    generator: 'function* f() { yield 1; }',
    exponent: 'var a = 2 ** 3;',
    async: 'async function f() { await 1; }',
    optional_catch: 'try { f(); } catch { }',
    bigint: 'var a = 1n;',
    nullish: 'var a = null ?? 1;',
    optional_chaining: 'var a = {}; a?.b;',
    numeric_separator: 'var a = 1_000;',
    logical_assignment: 'var a; a ??= 1;',
    class_field: 'class A { b = 1; }',
    private_name: 'class A { #b = 1; c() { return this.#b; } }',
    private_in: 'class A { #b; has(o) { return #b in o; } }',
    static_block: 'class A { static { } }',
    regexp_d_flag: '/a/d;',
    regexp_v_flag: '/a/v;'
  };
  var globals = {
    promise: 'Promise',
    proxy: 'Proxy',
    typed_array: 'Uint8Array',
    weak_ref: 'WeakRef'
  };
  var name, lacks = [], there = new Function('return this')();
  for (name in samples) {
    if (Object.prototype.hasOwnProperty.call(samples, name)) {
      try { new Function(samples[name]); } catch (e) { lacks.push(name); }
    }
  }
  for (name in globals) {
    if (Object.prototype.hasOwnProperty.call(globals, name) && typeof there[globals[name]] !== 'function') {
      lacks.push(name);
    }
  }
  if (!engine && !('\u00e4'.localeCompare('z', 'sv') > 0 && '\u00e4'.localeCompare('z', 'de') < 0)) {
    lacks.push('locale_compare');
  }
  if (typeof Intl !== 'object') {
    lacks.push('intl');
  } else if (!engine) {
    lacks.push('intl_zone');
  }
  try {
    name = (1234.5).toLocaleString('de-DE') +
      new Date(0).toLocaleString('de-DE', { timeZone: 'America/New_York', hour: 'numeric', hour12: false });
  } catch (e) {
    name = '';
  }
  if (name !== '1.234,519 Uhr') { lacks.push('locale_options'); }
  return { json: { lacks: lacks } };
}
