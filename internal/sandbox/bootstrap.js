// Runs once in every realm, before any other code: keeps the language's own functions for itself, so that what a
// function changes later changes only its own run, and gives the realm the two names it adds to the language.
// Returns what the worker calls: host(verb, …). "read" takes a show's document and request and answers the function
// body that the document holds, if any; "show" then runs the show.
(function (global) {
  'use strict';
  var parse = JSON.parse, stringify = JSON.stringify, indirectEval = eval, text = String;
  var own = Function.prototype.call.bind(Object.prototype.hasOwnProperty);
  var cut = Function.prototype.call.bind(String.prototype.slice);
  var isArray = Array.isArray;

  // Logs leave the realm line by line, each as the first letter of its level and the text as JSON: they are there even
  // if the engine never comes back.
  var say = global.say, room = 0;
  delete global.say;

  // What a function may use besides: surface is given bindings.js in worlds for functions that have bindings, and bind
  // then makes the names of one run. No other code has ask.
  var ask = global.ask, left = global.left, bind;
  delete global.ask;
  delete global.left;
  function surface(bindings) { bind = bindings(ask, left); }

  function logger(level) {
    return (...values) => {
      var line = '';
      for (var i = 0; i < values.length; i++) {
        var v = values[i], s;
        try { s = typeof v === 'string' ? v : print(v, 0, []); } catch (e) { s = '[unprintable]'; }
        if (s.length > room) { s = cut(s, 0, room > 0 ? room + 1 : 0); } // what is cut anyway is not copied
        line += (i ? ' ' : '') + s;
        if (line.length > room) { break; }
      }
      if (room <= 0) { say(); return; }
      if (line.length > room) { line = cut(line, 0, room) + '… [cut]'; room = 0; }
      room -= line.length + 1;
      say(level + stringify(line));
    };
  }
  var log = logger('l');

  // print writes a value for people, as JSON where JSON has words for it. What it makes is not much longer than what a
  // run may still log.
  var method = Function.prototype.call, keys = Object.keys, isView = ArrayBuffer.isView, deepest = 20;
  var tagOf = method.bind(Object.prototype.toString), descends = method.bind(Object.prototype.isPrototypeOf);
  var exec = method.bind(RegExp.prototype.exec), pattern = method.bind(RegExp.prototype.toString);
  var errors = Error.prototype;
  var iso = method.bind(Date.prototype.toISOString), time = method.bind(Date.prototype.getTime);
  var eachOfMap = method.bind(Map.prototype.forEach), eachOfSet = method.bind(Set.prototype.forEach);
  function print(v, depth, around) {
    switch (typeof v) {
    case 'string': return stringify(v.length > room ? cut(v, 0, room + 1) : v);
    case 'bigint': return text(v) + 'n';
    case 'function': return '[function' + (typeof v.name === 'string' && v.name ? ' ' + v.name : '') + ']';
    case 'object': break;
    default: return text(v);
    }
    if (v === null) { return 'null'; }
    if (descends(errors, v)) { return printError(v); }
    for (var i = 0; i < depth; i++) {
      if (around[i] === v) { return '[cyclic]'; }
    }
    if (depth >= deepest) { return isArray(v) ? '[…]' : '{…}'; }
    around[depth] = v;
    switch (tagOf(v)) {
    case '[object Date]': return time(v) === time(v) ? iso(v) : 'Invalid Date';
    case '[object RegExp]': return pattern(v);
    case '[object Promise]': return 'Promise';
    case '[object Map]': return printAll('Map {', eachOfMap, v, '}', depth, around);
    case '[object Set]': return printAll('Set {', eachOfSet, v, '}', depth, around);
    }
    if (typeof v.toJSON === 'function') { return print(v.toJSON(), depth + 1, around); }
    return isArray(v) || isView(v) ? printList(v, depth, around) : printObject(v, depth, around);
  }
  function printList(v, depth, around) {
    var out = '[';
    for (var i = 0; i < v.length && out.length <= room; i++) { out += (i ? ',' : '') + print(v[i], depth + 1, around); }
    return out + ']';
  }
  function printObject(v, depth, around) {
    var out = '{', names = keys(v);
    for (var i = 0; i < names.length && out.length <= room; i++) {
      out += (i ? ',' : '') + stringify(names[i]) + ':' + print(v[names[i]], depth + 1, around);
    }
    return out + '}';
  }
  function printAll(open, each, v, close, depth, around) {
    var out = open, n = 0;
    each(v, function (value, key) {
      if (out.length > room) { return; }
      out += (n++ ? ', ' : '') + (each === eachOfMap ? print(key, depth + 1, around) + ' => ' : '') +
        print(value, depth + 1, around);
    });
    return out + close;
  }
  // Three lines stand before the body of a function (couchapp, lib/explain.js).
  function printError(e) {
    var name = e.name, message = e.message, stack = e.stack, at;
    var out = typeof name === 'string' && name ? name : 'Error';
    if (typeof message === 'string' && message) { out += ': ' + message; }
    at = typeof stack === 'string' && exec(/\(<input>:([4-9]|\d\d+)/, stack);
    return at ? out + ' (line ' + (at[1] - 3) + ')' : out;
  }

  // watch wraps the parameters of a rehearsal and notes the absent ones that are asked for. The wrapper has no handler
  // but the one for reading, and inherits none: in all else it is the object itself.
  var missed = '', misses = 0, seen = { __proto__: null }, get = Reflect.get, Wrapper = Proxy;
  function watch(call) {
    return new Wrapper(call, { __proto__: null, get: function (target, key, receiver) {
      if (typeof key === 'string' && misses < 20 && key.length <= 200 && !(key in target) && !seen[key]) {
        seen[key] = true;
        missed += (misses++ ? ',' : '') + stringify(key);
      }
      return get(target, key, receiver);
    } });
  }

  function define(object, name, value) {
    Object.defineProperty(object, name, { value: value, writable: true, configurable: true, enumerable: false });
  }
  define(global, 'log', log);
  define(global, 'console', { log: log, info: logger('i'), warn: logger('w'), error: logger('e'), debug: logger('d') });
  // Shared memory is for threads, and there are none; what can block a realm has no place here.
  delete global.SharedArrayBuffer;
  delete global.Atomics;

  function compile(source) {
    var f = indirectEval('(' + source + '\n)');
    if (typeof f !== 'function') { throw new TypeError('the source is not a function expression'); }
    return f;
  }

  // member appends one own member of a response; inherited ones are not the show's doing.
  function member(out, resp, name, convert) {
    if (!own(resp, name)) { return out; }
    var t = convert(resp[name]);
    if (typeof t !== 'string') { return out; }
    return out + (out === '{' ? '' : ',') + '"' + name + '":' + t;
  }
  function asString(v) { return stringify(text(v)); }
  function asCode(v) { return text(v | 0); }

  // expect makes the request of a world that is then saved: an object with these members, of which all but query and
  // form are read from the request's text when one of them is asked for.
  var asked = null, request = null, rest = '';
  var setMember = Object.defineProperty, describe = Object.getOwnPropertyDescriptor, isFrozen = Object.isFrozen;
  function expect(names) {
    var promises = { __proto__: null }, all;
    names = parse(names);
    request = {};
    for (var n = 0; n < names.length; n++) {
      if (names[n] === 'query' || names[n] === 'form') {
        hold(request, names[n], undefined);
      } else {
        promise(names[n]);
      }
    }
    function hold(object, name, value) {
      setMember(object, name, { __proto__: null, value: value, writable: true, enumerable: true, configurable: true });
    }
    function promise(name) {
      promises[name] = function () { keep(); return all[name]; };
      setMember(request, name, {
        enumerable: true, configurable: true, get: promises[name],
        set: function (value) {
          keep();
          var now = this === request ? describe(request, name) : undefined;
          if (now === undefined || now.get !== promises[name]) { hold(this, name, value); return; }
          if (!isFrozen(request)) { all[name] = value; } // it is sealed
        }
      });
    }
    // What was written, removed or made fast meanwhile stays as it is.
    function keep() {
      if (all !== undefined) { return; }
      all = parse(rest);
      for (var name in promises) {
        var now = describe(request, name);
        if (now !== undefined && now.get === promises[name] && now.configurable) { hold(request, name, all[name]); }
      }
    }
  }

  // read parses what a show is about. The answer is the text that the worker may check before the show builds a
  // function of it.
  var given = null, body;
  // What it is given of the document's body was cut out of it, and is not answered; so were query and form of the
  // request that was expected.
  function read(doc, req, cut, query, form) {
    given = parse(doc);
    if (query === undefined) {
      asked = parse(req);
    } else {
      asked = request;
      rest = req;
      asked.query = parse(query);
      asked.form = form === '{}' ? {} : parse(form);
    }
    if (cut !== undefined) {
      given.function_js = body = cut;
      return undefined;
    }
    body = typeof given === 'object' && given !== null && own(given, 'function_js') ? given.function_js : undefined;
    return typeof body === 'string' ? body : undefined;
  }

  // show runs the function over what was read. Its third argument is what only this engine has: checked is the text
  // that is known to be a function body and no more, made the function that `new Function` would make the body's of,
  // if it was compiled before; json answers a result that is JSON already, which leaves with = before it; watch is
  // there in rehearsals; bound is true where the function has what its bindings say.
  var result = '', ready = {};
  function json(text) { result = text; return ready; }
  function show(fun, checked, rehearsal, made) {
    if (typeof fun !== 'function') { throw new TypeError('the source is not a function expression'); }
    var resp = fun(given, asked, {
      __proto__: null, checked: checked ? body : undefined, made: made, json: json,
      watch: rehearsal ? watch : undefined, bound: bind !== undefined
    });
    if (resp === ready) { return '=' + result; }
    if (typeof resp === 'string') { return '{"body":' + stringify(resp) + '}'; }
    if (typeof resp !== 'object' || resp === null || isArray(resp)) {
      throw new TypeError('the show returned no response object');
    }
    var out = '{';
    out = member(out, resp, 'code', asCode);
    out = member(out, resp, 'json', stringify);
    out = member(out, resp, 'body', asString);
    out = member(out, resp, 'base64', asString);
    out = member(out, resp, 'headers', stringify);
    out = member(out, resp, 'stop', stringify);
    return out + '}';
  }

  var maps = null, mapped = '', rows = '';
  function emit(key, value) {
    var k = stringify(key), v = stringify(value);
    rows += (rows ? ',' : '') + '[' + (k === undefined ? 'null' : k) + ',' + (v === undefined ? 'null' : v) + ']';
  }

  // map keeps its realm from one batch to the next: map functions are the operator's, unlike functions.
  function map(sources, docs) {
    if (maps === null) {
      define(global, 'emit', emit);
      maps = [];
      var list = parse(sources);
      for (var n = 0; n < list.length; n++) { maps[n] = compile(list[n]); }
    }
    mapped = '';
    docs = parse(docs);
    for (var d = 0; d < docs.length; d++) {
      var perDoc = '';
      for (var m = 0; m < maps.length; m++) {
        rows = '';
        // A map function that throws emits nothing for that document, as in CouchDB.
        try { maps[m](docs[d]); } catch (e) { rows = ''; log('map function threw: ' + e); }
        perDoc += (m ? ',' : '') + '[' + rows + ']';
      }
      mapped += (d ? ',' : '') + '[' + perDoc + ']';
    }
    return '[' + mapped + ']';
  }

  function bounded(out, resultLimit) { return out.length > resultLimit ? false : out; }

  return function host(verb, a, b, c, d, e) {
    switch (verb) {
    case 'missed': return missed ? '[' + missed + ']' : '';
    case 'expect': return expect(a);
    case 'surface': return surface(a);
    case 'bind': return bind(a);
    case 'read': return read(a, b, c, d, e);
    }
    room = d;
    switch (verb) {
    case 'show': return bounded(show(a, b, false, e), c);
    case 'explain': return bounded(show(a, b, true, e), c);
    case 'map': return bounded(map(a, b), c);
    }
  };
})(globalThis)
