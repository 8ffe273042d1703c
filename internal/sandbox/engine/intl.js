// What a world has of ECMA-402. It is loaded when a function first asks for it. ask(verb, request, value) answers
// from the host, in text: nothing of the host's is reachable. own are functions of the language as they were before
// any user's code ran.
(function (ask, own) {
  'use strict';
  var stringify = own.stringify,
    parse = own.parse,
    define = own.defineProperty,
    apply = own.apply,
    text = own.String,
    number = own.Number;
  var RangeFault = own.RangeError,
    TypeFault = own.TypeError,
    nowDate = own.now;
  var dateOptions = [
    'localeMatcher',
    'calendar',
    'numberingSystem',
    'hour12',
    'hourCycle',
    'timeZone',
    'weekday',
    'era',
    'year',
    'month',
    'day',
    'dayPeriod',
    'hour',
    'minute',
    'second',
    'fractionalSecondDigits',
    'timeZoneName',
    'formatMatcher',
    'dateStyle',
    'timeStyle'
  ];
  var numberOptions = [
    'localeMatcher',
    'numberingSystem',
    'style',
    'currency',
    'currencyDisplay',
    'currencySign',
    'unit',
    'unitDisplay',
    'notation',
    'minimumIntegerDigits',
    'minimumFractionDigits',
    'maximumFractionDigits',
    'minimumSignificantDigits',
    'maximumSignificantDigits',
    'roundingIncrement',
    'roundingMode',
    'roundingPriority',
    'trailingZeroDisplay',
    'compactDisplay',
    'useGrouping',
    'signDisplay'
  ];
  var digitOptions = {
    __proto__: null,
    minimumIntegerDigits: 1,
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    minimumSignificantDigits: 1,
    maximumSignificantDigits: 1,
    roundingIncrement: 1,
    fractionalSecondDigits: 1
  };

  // answer throws what the host says is wrong.
  function answer(verb, request, value) {
    var a = ask(verb, request, value);
    if (a[0] === '=') {
      return apply(own.slice, a, [1]);
    }
    throw new (a[0] === 'R' ? RangeFault : TypeFault)(apply(own.slice, a, [1]));
  }

  // tags writes a list of locales as JSON.
  function tags(locales) {
    if (locales === undefined) {
      return '[]';
    }
    if (typeof locales === 'string') {
      return '[' + stringify(locales) + ']';
    }
    if (locales === null) {
      throw new TypeFault('locales must be a text such as en-US, or a list of them');
    }
    var list = own.Object(locales),
      n = number(list.length) || 0,
      out = '';
    if (n > 1000) {
      throw new RangeFault('there are more than 1000 locales in the list');
    }
    for (var i = 0; i < n; i++) {
      if (!(i in list)) {
        continue;
      }
      var tag = list[i];
      if (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null)) {
        throw new TypeFault('a locale must be a text such as en-US');
      }
      out += (out ? ',' : '') + stringify(text(tag));
    }
    return '[' + out + ']';
  }

  // misspelt throws where an option is one of the names but for its capitals: ignored, it would be a wrong answer.
  function misspelt(names, options) {
    var given = own.keys(options);
    for (var i = 0; i < given.length; i++) {
      for (var n = 0; n < names.length; n++) {
        if (given[i] === names[n]) {
          break;
        }
        if (given[i].length === names[n].length && apply(own.lower, given[i], []) === apply(own.lower, names[n], [])) {
          throw new RangeFault('there is no option ' + given[i] + ': did you mean ' + names[n] + '?');
        }
      }
    }
  }

  // choices writes the options that are given as JSON, each as text.
  function choices(names, options) {
    misspelt(names, options);
    var out = '';
    for (var i = 0; i < names.length; i++) {
      var name = names[i],
        v = options[name];
      if (v === undefined) {
        continue;
      }
      if (name === 'hour12') {
        v = v ? 'true' : 'false';
      } else if (name === 'useGrouping') {
        v = v === true ? 'always' : !v ? 'false' : v === 'true' || v === 'false' ? 'auto' : text(v);
      } else if (digitOptions[name]) {
        v = text(number(v));
      } else {
        v = text(v);
      }
      if (name === 'unitDisplay' || name === 'compactDisplay') {
        continue;
      } // nothing without unit, or notation: compact
      out += (out ? ',' : '') + '"' + name + '":' + stringify(v);
    }
    return '{' + out + '}';
  }

  function dateRequest(locales, options, required, defaults) {
    var l = tags(locales);
    if (options === null) {
      throw new TypeFault('options must be an object');
    }
    options = options === undefined ? { __proto__: null } : own.Object(options);
    return (
      '{"locales":' +
      l +
      ',"options":' +
      choices(dateOptions, options) +
      ',"required":"' +
      required +
      '","defaults":"' +
      defaults +
      '"}'
    );
  }
  function numberRequest(locales, options) {
    var l = tags(locales);
    if (options === null) {
      throw new TypeFault('options must be an object');
    }
    options = options === undefined ? { __proto__: null } : own.Object(options);
    return '{"locales":' + l + ',"options":' + choices(numberOptions, options) + '}';
  }
  // digitsOf writes a value for the host: bigints and texts of digits keep all of them.
  function digitsOf(v) {
    if (typeof v === 'bigint') {
      return text(v);
    }
    if (typeof v === 'string' && apply(own.test, own.exact, [v])) {
      return v;
    }
    v = number(v);
    return v === 0 && 1 / v < 0 ? '-0' : text(v);
  }
  function timeOf(v) {
    return text(v === undefined ? nowDate() : number(v));
  }

  // service makes a constructor with what all of them have. Requests are kept outside of the objects, where nothing
  // else reaches them.
  function service(name, ofRequest, read, members) {
    var requests = new own.WeakMap(),
      verb = name === 'DateTimeFormat' ? 'date:' : 'number:';
    function requestOf(self) {
      var r = typeof self === 'object' && self !== null ? apply(own.get, requests, [self]) : undefined;
      if (r === undefined) {
        throw new TypeFault('this is no Intl.' + name);
      }
      return r;
    }
    var Service = function (locales, options) {
      var self = own.construct(own.Object, [], new.target === undefined ? Service : new.target);
      var request = ofRequest(locales, options);
      answer(verb + 'options', request, '');
      apply(own.set, requests, [self, request]);
      return self;
    };
    define(Service, 'name', { __proto__: null, value: name, configurable: true });
    define(Service, 'length', { __proto__: null, value: 0, configurable: true });
    define(Service, 'prototype', { __proto__: null, writable: false });
    var methods = {
      formatToParts(value) {
        var list = parse(answer(verb + 'parts', requestOf(this), read(value)));
        for (var i = 0; i < list.length; i++) {
          list[i] = { type: list[i][0], value: list[i][1] };
        }
        return list;
      },
      resolvedOptions() {
        return parse(answer(verb + 'options', requestOf(this), ''));
      },
      formatRange() {
        throw new TypeFault('Intl.' + name + ' has no formatRange here: format both ends');
      },
      formatRangeToParts() {
        throw new TypeFault('Intl.' + name + ' has no formatRangeToParts here: format both ends');
      },
      get format() {
        var request = requestOf(this),
          bound = apply(own.get, bounds, [this]);
        if (bound === undefined) {
          bound = (value) => answer(verb + 'text', request, read(value));
          define(bound, 'name', { __proto__: null, value: '', configurable: true });
          apply(own.set, bounds, [this, bound]);
        }
        return bound;
      }
    };
    var bounds = new own.WeakMap();
    var statics = {
      supportedLocalesOf(locales) {
        return parse(answer('locales', tags(locales), ''));
      }
    };
    copy(Service.prototype, methods);
    copy(Service, statics);
    mark(Service.prototype, 'Intl.' + name);
    return Service;
  }
  function copy(to, from) {
    var names = own.getOwnPropertyNames(from);
    for (var i = 0; i < names.length; i++) {
      var d = own.getOwnPropertyDescriptor(from, names[i]);
      d.enumerable = false;
      define(to, names[i], d);
    }
  }
  function mark(object, name) {
    define(object, own.toStringTag, { __proto__: null, value: name, configurable: true });
  }

  var Intl = {};
  mark(Intl, 'Intl');
  function provide(object, name, value) {
    define(object, name, { __proto__: null, value: value, writable: true, configurable: true });
  }
  var DateTimeFormat = service('DateTimeFormat', (l, o) => dateRequest(l, o, 'any', 'date'), timeOf);
  var NumberFormat = service('NumberFormat', numberRequest, digitsOf);
  provide(DateTimeFormat.prototype, 'constructor', DateTimeFormat);
  provide(NumberFormat.prototype, 'constructor', NumberFormat);
  provide(Intl, 'DateTimeFormat', DateTimeFormat);
  provide(Intl, 'NumberFormat', NumberFormat);
  // What else ECMA-402 has says that it is not here, rather than to be undefined.
  function absent(name) {
    var Absent = function () {
      throw new TypeFault('Intl.' + name + ' is not available here: of Intl there are DateTimeFormat and NumberFormat');
    };
    define(Absent, 'name', { __proto__: null, value: name, configurable: true });
    provide(Intl, name, Absent);
  }
  var rest = [
    'Collator',
    'DisplayNames',
    'DurationFormat',
    'ListFormat',
    'Locale',
    'PluralRules',
    'RelativeTimeFormat',
    'Segmenter',
    'getCanonicalLocales',
    'supportedValuesOf'
  ];
  for (var i = 0; i < rest.length; i++) {
    absent(rest[i]);
  }

  function dateMethod(required, defaults) {
    return function (locales, options) {
      var t = apply(own.getTime, this, []);
      if (t !== t) {
        return 'Invalid Date';
      }
      return answer('date:text', dateRequest(locales, options, required, defaults), text(t));
    };
  }
  function join(list, locales, options) {
    var out = '',
      n = number(list.length) || 0;
    for (var i = 0; i < n; i++) {
      var v = list[i];
      out += (i ? ',' : '') + (v === undefined || v === null ? '' : text(v.toLocaleString(locales, options)));
    }
    return out;
  }
  return {
    __proto__: null,
    intl: Intl,
    dateToLocaleString: dateMethod('any', 'all'),
    dateToLocaleDateString: dateMethod('date', 'date'),
    dateToLocaleTimeString: dateMethod('time', 'time'),
    numberToLocaleString: function (locales, options) {
      var v = apply(own.valueOfNumber, this, []);
      return answer('number:text', numberRequest(locales, options), digitsOf(v));
    },
    bigintToLocaleString: function (locales, options) {
      var v = apply(own.valueOfBigInt, this, []);
      return answer('number:text', numberRequest(locales, options), digitsOf(v));
    },
    arrayToLocaleString: function (locales, options) {
      return join(own.Object(this), locales, options);
    }
  };
});
