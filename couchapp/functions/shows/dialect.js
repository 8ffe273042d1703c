// The show `dialect`: the newer syntax that this engine does not parse, by name: {"lacks": ["logical_assignment", …]}.
//
//   GET /functions/_design/functions/_show/dialect
//
// Whoever saves a function that uses it is warned. It takes no code from the request; the samples are these.
function (doc, req) {
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
  var name, lacks = [];
  for (name in samples) {
    if (Object.prototype.hasOwnProperty.call(samples, name)) {
      try { new Function(samples[name]); } catch (e) { lacks.push(name); }
    }
  }
  return { json: { lacks: lacks } };
}
