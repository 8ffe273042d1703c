// What functions may use besides their call. It runs once in a world that is then saved, before any code of a function:
// what a function changes later does not reach it. It gives bind, which makes the names of one run: bind gets a JSON
// object with a member for each section below that the run has (package hostcall, verbs.go), and defines them.
//
// A section gets its member and answers the value of its name. It freezes what it makes. Whatever it asks, the host
// checks anew: code that breaks out of this realm can say anything here.
(function (ask, left) {
  'use strict';
  var parse = JSON.parse, stringify = JSON.stringify, freeze = Object.freeze, keys = Object.keys;
  var setPrototype = Object.setPrototypeOf, defineProperty = Object.defineProperty, global = globalThis, text = String;
  var Failure = Error, Mistake = TypeError;
  var isArray = Array.isArray, isFinite = Number.isFinite, encode = encodeURIComponent, Veil = Proxy;
  var now = Date.now, time = Function.prototype.call.bind(Date.prototype.getTime);
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
    if (own(told, 'error')) {
      if (told.error.name === 'TypeError') { throw new Mistake(told.error.message); }
      throw failure(told.error.name, told.error.reason, told.error.message);
    }
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

  // What a section gives is made here and now, in the world that is saved, as far as it can be: making it takes longer
  // than most runs. once is for what is the same in every run.
  var sections = { __proto__: null };
  function once(make) {
    var made = make();
    return function () { return made; };
  }

  // env: constants of the document.
  sections.env = function (given) { return freeze(setPrototype(given, null)); };

  // run: what the function may know of this run.
  var remaining = {};
  method(remaining, 'remaining_ms', function () { return left(); });
  sections.run = function (given) {
    defineProperty(given, 'remaining_ms', { __proto__: null, value: remaining.remaining_ms, enumerable: true });
    return freeze(given);
  };

  // kv: key-value storage. own is the function's own namespace.
  sections.kv = (function () {
    var mayWrite = false;
    var all = { __proto__: null, ttl: integer, ifVersion: integer }, version = { __proto__: null, ifVersion: integer };
    var life = { __proto__: null, ttl: integer }, page = { __proto__: null, limit: integer, after: string };
    function key(value) {
      if (typeof value === 'string') { return stringify(value); }
      throw failure('KvError', 'bad_key', 'the key must be text, and is ' +
        (value === null ? 'null' : typeof value === 'undefined' ? 'undefined' : 'a ' + typeof value));
    }
    function writes(where) {
      if (!mayWrite) { throw new Mistake(where + ': the function only reads; declare bindings.kv.write: true'); }
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
    freeze(out);
    return function (given) {
      mayWrite = given.write === true;
      return out;
    };
  })();

  // http: requests to the hosts that the function declares.
  sections.http = once(function () {
    function seconds(value, where) {
      if (integer(value, where) < 0) { throw new Mistake(where + ' must not be negative'); }
      return value;
    }
    function yes(value, where) {
      if (typeof value !== 'boolean') { throw new Mistake(where + ' must be true or false'); }
      return value;
    }
    function strings(value, where) {
      var out = { __proto__: null }, names, i;
      if (typeof value !== 'object' || value === null || isArray(value)) {
        throw new Mistake(where + ' must be an object');
      }
      names = keys(value);
      for (i = 0; i < names.length; i++) { out[names[i]] = string(value[names[i]], where + '.' + names[i]); }
      return out;
    }
    function credentials(value, where) {
      var given = strings(value, where);
      if (typeof given.user !== 'string' || typeof given.password !== 'string') {
        throw new Mistake(where + ' must have user and password');
      }
      return { __proto__: null, user: given.user, password: given.password };
    }
    var common = { headers: strings, timeout_ms: seconds, auth: credentials };
    function known(more) {
      var out = { __proto__: null }, names = keys(common), i;
      for (i = 0; i < names.length; i++) { out[names[i]] = common[names[i]]; }
      names = keys(more);
      for (i = 0; i < names.length; i++) { out[names[i]] = more[names[i]]; }
      return out;
    }
    var ofGet = known({ cache: seconds }), ofPost = known({ type: string, idempotent: yes });
    var ofAll = known({ cache: seconds, type: string, idempotent: yes, method: string, url: string, body: whatever });
    function whatever(value) { return value; }

    // form writes the members of an object as a web form does.
    function form(object) {
      var out = '', names = keys(object), i;
      for (i = 0; i < names.length; i++) {
        out += (i ? '&' : '') + encode(names[i]) + '=' + encode(text(object[names[i]]));
      }
      return out;
    }

    // request makes the JSON of one request.
    function request(where, method, url, body, more) {
      more.method = method;
      more.url = string(url, where + ': the address');
      if (method === 'POST') {
        if (body === undefined) {
          body = '';
        } else if (typeof body === 'string') {
          if (more.type === undefined) { more.type = 'text/plain; charset=utf-8'; }
        } else if (more.type === 'application/x-www-form-urlencoded' && typeof body === 'object' && body !== null) {
          body = form(body);
        } else {
          body = stringify(body);
          if (typeof body !== 'string') { throw new Mistake(where + ': this is no body that JSON can hold'); }
          if (more.type === undefined) { more.type = 'application/json'; }
        }
        more.body = body;
      }
      return stringify(more);
    }

    // answer makes what functions get.
    function answer(told) {
      var out, headers, names, i;
      if (own(told, 'error')) { return failure(told.error.name, told.error.reason, told.error.message); }
      out = {}, headers = { __proto__: null }, names = keys(told.headers);
      for (i = 0; i < names.length; i++) {
        defineProperty(headers, names[i], { __proto__: null, value: told.headers[names[i]], enumerable: true });
      }
      function member(name, value, shown) {
        defineProperty(out, name, { __proto__: null, value: value, enumerable: shown });
      }
      member('status', told.status, true);
      member('headers', freeze(headers), true);
      member('body', told.body, true);
      if (own(told, 'stale')) { member('stale', true, true); }
      if (own(told, 'secrets_withheld')) { member('secrets_withheld', freeze(told.secrets_withheld), true); }
      member('json', freeze(function json() { return parse(told.body); }), false);
      return freeze(out);
    }

    var out = {};
    method(out, 'get', function (url, more) {
      more = options('http.get', more, ofGet);
      return answer(call('http.get', '[' + request('http.get', 'GET', url, undefined, more) + ']'));
    });
    method(out, 'post', function (url, body, more) {
      more = options('http.post', more, ofPost);
      return answer(call('http.post', '[' + request('http.post', 'POST', url, body, more) + ']'));
    });
    method(out, 'all', function (requests) {
      var json = '', answers = [], told, more, body, verb, i;
      if (!isArray(requests)) { throw new Mistake('http.all: a list of requests is wanted'); }
      for (i = 0; i < requests.length; i++) {
        more = requests[i];
        more = options('http.all', typeof more === 'string' ? { __proto__: null, url: more } : more, ofAll);
        body = more.body;
        verb = more.method === undefined ? body === undefined ? 'GET' : 'POST' : more.method;
        if (verb !== 'GET' && verb !== 'POST') { throw new Mistake('http.all: method must be GET or POST'); }
        if (verb === 'GET' && body !== undefined) { throw new Mistake('http.all: a GET has no body'); }
        delete more.body;
        json += (i ? ',' : '') + request('http.all', verb, more.url, body, more);
      }
      if (!i) { return []; }
      told = call('http.all', '[[' + json + ']]');
      for (i = 0; i < told.length; i++) { define(answers, i, answer(told[i])); }
      return answers;
    });
    return freeze(out);
  });

  // secrets: handles that stand for values which the function never has. Each is asked for when it is used, so that
  // one that is not there is an error that says so.
  sections.secrets = once(function () {
    var out = { __proto__: null };
    method(out, 'hmac', function (name, algorithm, message, encoding) {
      if (encoding !== undefined && encoding !== 'hex' && encoding !== 'base64') {
        throw new Mistake("secrets.hmac: the encoding must be 'hex' or 'base64'");
      }
      return call('secrets.hmac', '[' + stringify(string(name, 'secrets.hmac: the name')) + ',' +
        stringify(string(algorithm, 'secrets.hmac: the algorithm')) + ',' +
        stringify(string(message, 'secrets.hmac: the text')) + ',' +
        stringify(encoding === undefined ? 'hex' : encoding) + ']');
    });
    method(out, 'reveal', function (name) {
      return call('secrets.reveal', '[' + stringify(string(name, 'secrets.reveal: the name')) + ']');
    });
    return new Veil(freeze(out), {
      __proto__: null,
      get: function (all, name) {
        if (typeof name !== 'string' || name === 'toJSON' || name === 'then') { return undefined; }
        if (own(all, name)) { return all[name]; }
        return call('secrets.get', '[' + stringify(name) + ']');
      }
    });
  });

  // std: telephone numbers, public holidays and opening hours, under a name each.
  sections.std = (function () {
    var phone = {}, holidays = {}, hours = {};
    method(phone, 'parse', function (number, region) {
      if (number === undefined || number === null) { number = ''; }
      return call('std.phone', '[' + stringify(string(number, 'phone.parse: the number')) + ',' +
        stringify(string(region, 'phone.parse: the region, such as DE,')) + ']');
    });
    method(holidays, 'of', function (country, year) {
      return call('std.holidays', '[' + stringify(string(country, 'holidays.of: the country, such as DE-BY,')) + ',' +
        text(integer(year, 'holidays.of: the year')) + ']');
    });
    method(hours, 'open', function (week, at) {
      var json;
      if (typeof week !== 'object' || week === null || isArray(week)) {
        throw new Mistake("hours.open: the hours must be an object, such as {mon: '09:00-17:00'}");
      }
      json = stringify(week);
      if (at === undefined || at === null) {
        at = now();
      } else if (typeof at === 'object') {
        at = time(at);
      }
      return call('std.open', '[' + (typeof json === 'string' ? json : 'null') + ',' + stringify(at) + ']');
    });
    freeze(phone);
    freeze(holidays);
    freeze(hours);
    return function () {
      define(global, 'phone', phone);
      define(global, 'holidays', holidays);
      define(global, 'hours', hours);
    };
  })();

  // compat: the names of wogra's functionserver, which answer text and throw nothing for what goes wrong outside. The
  // parameters are globals, except where a name is taken.
  sections.compat = function (given) {
    var names = keys(given.params), i;
    function global_(name, f) {
      defineProperty(f, 'name', { __proto__: null, value: name, configurable: true });
      define(global, name, freeze(f));
    }

    // asked gives what a request answers as text: "" for none, "not allowed" for an address that may not be asked.
    function asked(verb, request) {
      try {
        return call(verb, '[' + stringify(request) + ']').body;
      } catch (e) {
        if (e.name !== 'HttpError') { throw e; }
        return e.reason === 'refused_address' || e.reason === 'host_not_declared' ? 'not allowed' : '';
      }
    }

    // kept gives what storage answers, or another value where it fails.
    function kept(verb, list, failed) {
      try {
        return call(verb, list);
      } catch (e) {
        if (e.name !== 'KvError') { throw e; }
        return failed;
      }
    }
    function writes(where) {
      if (!given.write) { throw new Mistake(where + ': the function only reads; declare bindings.kv.write: true'); }
    }
    if (given.http) {
      global_('httpGet', function (url) {
        return asked('http.get', { __proto__: null, method: 'GET', url: text(url) });
      });
      global_('httpPost', function (url, type, body) {
        return asked('http.post',
          { __proto__: null, method: 'POST', url: text(url), type: text(type), body: text(body) });
      });
    }
    if (given.kv) {
      global_('loadDocument', function (key) {
        var value = kept('kv.get', '[false,' + stringify(text(key)) + ']', null);
        return value === null ? '' : typeof value === 'string' ? value : stringify(value);
      });
      global_('saveDocument', function (key, value) {
        writes('saveDocument');
        key = stringify(text(key));
        return kept('kv.set', '[false,' + key + ',' + stringify(text(value)) + ',{}]', false) !== false;
      });
      global_('deleteDocument', function (key) {
        writes('deleteDocument');
        return kept('kv.delete', '[false,' + stringify(text(key)) + ',{}]', null) !== null;
      });
    }
    for (i = 0; i < names.length; i++) {
      if (!(names[i] in global)) { define(global, names[i], given.params[names[i]]); }
    }
  };

  return function bind(json) {
    var given = parse(json), names = keys(given), value, i;
    for (i = 0; i < names.length; i++) {
      value = sections[names[i]] ? sections[names[i]](given[names[i]]) : undefined;
      if (value !== undefined) { define(global, names[i], value); }
    }
  };
})
