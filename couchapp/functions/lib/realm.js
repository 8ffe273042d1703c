// realm keeps the language's own functions for the show, as they are before any function has run in this engine. Stock
// couchjs runs every function of a database in one realm: what one replaces there must not decide what the show does
// for the next.
function realm() {
  var call = Function.prototype.call, date = Date.prototype;
  var named = Object.getOwnPropertyDescriptor(function () {}, 'name');
  var intl = Object.getOwnPropertyDescriptor(new Function('return this')(), 'Intl');
  return {
    Function: Function, create: Object.create, defineProperty: Object.defineProperty, keys: Object.keys,
    names: Object.getOwnPropertyNames, descriptor: Object.getOwnPropertyDescriptor, isArray: Array.isArray,
    assign: Object.assign, setPrototype: Object.setPrototypeOf, prototype: Object.prototype,
    set: typeof Reflect === 'object' && Reflect.set, shut: Object.preventExtensions,
    parse: JSON.parse, stringify: JSON.stringify, text: String, random: Math.random,
    made: Object.create(null), room: 0, // see maker
    find: call.bind(String.prototype.indexOf), code: call.bind(String.prototype.charCodeAt),
    Date: Date, now: Date.now, UTC: Date.UTC, parseDate: Date.parse,
    getTime: date.getTime, setTime: date.setTime, setUTCFullYear: date.setUTCFullYear,
    getters: {
      FullYear: date.getUTCFullYear, Month: date.getUTCMonth, Date: date.getUTCDate, Day: date.getUTCDay,
      Hours: date.getUTCHours, Minutes: date.getUTCMinutes, Seconds: date.getUTCSeconds,
      Milliseconds: date.getUTCMilliseconds
    },
    local: [
      date.getFullYear, date.getMonth, date.getDate, date.getHours, date.getMinutes, date.getSeconds,
      date.getMilliseconds
    ],
    locale: {
      toLocaleString: date.toLocaleString, toLocaleDateString: date.toLocaleDateString,
      toLocaleTimeString: date.toLocaleTimeString
    },
    hasIntl: Boolean(intl && intl.value && intl.value.DateTimeFormat), nameable: Boolean(named && named.configurable),
    primitive: typeof Symbol === 'function' && Symbol.toPrimitive, getPrototype: Object.getPrototypeOf,
    zones: Object.create(null), zoneRoom: 50, // see ownDate
    number: Number, integer: parseInt, floor: Math.floor,
    call: call.bind(call),
    own: call.bind(Object.prototype.hasOwnProperty), cut: call.bind(String.prototype.substring),
    exec: call.bind(RegExp.prototype.exec)
  };
}
// put makes an own property; no setter and no inherited member of a descriptor has a say in it.
function put(object, name, value, enumerable) {
  var d = kept.create(null);
  d.value = value;
  d.enumerable = enumerable;
  d.writable = true;
  d.configurable = true;
  kept.defineProperty(object, name, d);
}
// copy makes the same data of this realm's objects: the host's lead to the host's realm through
// `.constructor.constructor`.
function copy(from) {
  var to, i, names;
  if (from === null || typeof from !== 'object') { return from; }
  if (kept.isArray(from)) {
    to = [];
    for (i = 0; i < from.length; i++) { put(to, i, copy(from[i]), true); }
    return to;
  }
  to = {};
  names = kept.keys(from);
  for (i = 0; i < names.length; i++) { put(to, names[i], copy(from[names[i]]), true); }
  return to;
}
