// What functions may use besides their call. It runs once in a world that is then saved, before any code of a function:
// what a function changes later does not reach it. It gives bind, which makes the names of one run: bind gets a JSON
// object with a member for each section below that the run has (package hostcall, verbs.go), and defines them.
//
// A section gets its member and answers the value of its name. It freezes what it makes. Whatever it asks, the host
// checks anew: code that breaks out of this realm can say anything here.
(function (ask, left) {
  'use strict';
  var parse = JSON.parse, stringify = JSON.stringify, freeze = Object.freeze, keys = Object.keys;
  var defineProperty = Object.defineProperty, Failure = Error, Mistake = TypeError, global = globalThis, text = String;
  var isArray = Array.isArray, isFinite = Number.isFinite;
  var own = Function.prototype.call.bind(Object.prototype.hasOwnProperty);

  function define(object, name, value) {
    defineProperty(object, name,
      { __proto__: null, value: value, writable: true, configurable: true, enumerable: false });
  }

  // failure makes an Error with a name and a reason of its binding's closed set.
  function failure(name, reason, message) {
    var e = new Failure(message);
    define(e, 'name', name);
    define(e, 'reason', reason);
    return e;
  }

  // call asks the host and waits for its answer. list is the JSON of the list of arguments: it is put together by hand,
  // since JSON.stringify would ask a list for its toJSON.
  function call(verb, list) {
    var told = parse(ask(verb, list));
    if (own(told, 'error')) { throw failure(told.error.name, told.error.reason, told.error.message); }
    return own(told, 'ok') ? told.ok : null;
  }

  // method makes a function that functions cannot change.
  function method(object, name, f) {
    defineProperty(f, 'name', { __proto__: null, value: name, configurable: true });
    defineProperty(object, name, { __proto__: null, value: freeze(f), enumerable: true });
  }

  // options reads an object of options: each known one goes to its check, and one that is not known is a mistake rather
  // than silently nothing. It gives an object with the known ones alone.
  function options(where, given, known) {
    var out = { __proto__: null }, names, i, value;
    if (given === undefined || given === null) { return out; }
    if (typeof given !== 'object' || isArray(given)) { throw new Mistake(where + ': the options must be an object'); }
    names = keys(given);
    for (i = 0; i < names.length; i++) {
      if (!own(known, names[i])) {
        throw new Mistake(where + ': there is no option ' + stringify(names[i]) + '; there are ' + list(keys(known)));
      }
      value = given[names[i]];
      if (value !== undefined) { out[names[i]] = known[names[i]](value, where + ': ' + names[i]); }
    }
    return out;
  }
  function list(names) {
    var out = '', i;
    for (i = 0; i < names.length; i++) { out += (i ? ', ' : '') + names[i]; }
    return out;
  }
  function integer(value, where) {
    if (typeof value !== 'number' || !isFinite(value) || value % 1 !== 0) {
      throw new Mistake(where + ' must be a whole number');
    }
    return value;
  }
  function string(value, where) {
    if (typeof value !== 'string') { throw new Mistake(where + ' must be text'); }
    return value;
  }

  var sections = { __proto__: null };

  // env: constants of the document.
  sections.env = function (given) {
    var out = { __proto__: null }, names = keys(given), i;
    for (i = 0; i < names.length; i++) {
      defineProperty(out, names[i], { __proto__: null, value: given[names[i]], enumerable: true });
    }
    return freeze(out);
  };

  // run: what the function may know of this run.
  sections.run = function (given) {
    var out = {}, names = keys(given), i;
    for (i = 0; i < names.length; i++) {
      defineProperty(out, names[i], { __proto__: null, value: given[names[i]], enumerable: true });
    }
    method(out, 'remaining_ms', function () { return left(); });
    return freeze(out);
  };

  // kv: key-value storage. own is the function's own namespace.
  sections.kv = function (given) {
    var all = { __proto__: null, ttl: integer, ifVersion: integer }, version = { __proto__: null, ifVersion: integer };
    var life = { __proto__: null, ttl: integer }, page = { __proto__: null, limit: integer, after: string };
    function key(value) {
      if (typeof value === 'string') { return stringify(value); }
      throw failure('KvError', 'bad_key', 'the key must be text, and is ' +
        (value === null ? 'null' : typeof value === 'undefined' ? 'undefined' : 'a ' + typeof value));
    }
    function writes(where) {
      if (!given.write) { throw new Mistake(where + ': the function only reads; declare bindings.kv.write: true'); }
    }
    function storage(space) {
      var out = {}, first = '[' + (space ? 'true' : 'false') + ',';
      method(out, 'get', function (k) { return call('kv.get', first + key(k) + ']'); });
      method(out, 'entry', function (k) { return call('kv.entry', first + key(k) + ']'); });
      method(out, 'set', function (k, value, more) {
        var json;
        writes('kv.set');
        k = key(k);
        more = options('kv.set', more, all);
        json = stringify(value);
        if (typeof json !== 'string') {
          throw new Mistake('kv.set: ' + typeof value + ' is no value that JSON can hold; kv.delete takes a key away');
        }
        return call('kv.set', first + k + ',' + json + ',' + stringify(more) + ']');
      });
      method(out, 'incr', function (k, by, more) {
        writes('kv.incr');
        k = key(k);
        by = by === undefined ? 1 : integer(by, 'kv.incr: what is added');
        return call('kv.incr', first + k + ',' + text(by) + ',' + stringify(options('kv.incr', more, life)) + ']');
      });
      method(out, 'delete', function (k, more) {
        writes('kv.delete');
        return call('kv.delete', first + key(k) + ',' + stringify(options('kv.delete', more, version)) + ']');
      });
      method(out, 'list', function (prefix, more) {
        prefix = prefix === undefined ? '""' : key(prefix);
        return call('kv.list', first + prefix + ',' + stringify(options('kv.list', more, page)) + ']');
      });
      return out;
    }
    var out = storage(false);
    defineProperty(out, 'own', { __proto__: null, value: freeze(storage(true)), enumerable: true });
    return freeze(out);
  };

  return function bind(json) {
    var given = parse(json), names = keys(given), i;
    for (i = 0; i < names.length; i++) {
      if (sections[names[i]]) { define(global, names[i], sections[names[i]](given[names[i]])); }
    }
  };
})
