// The functions of the language that intl.js uses, as they are before any user's code runs.
({
  __proto__: null,
  stringify: JSON.stringify, parse: JSON.parse, defineProperty: Object.defineProperty, getOwnPropertyNames: Object.getOwnPropertyNames,
  getOwnPropertyDescriptor: Object.getOwnPropertyDescriptor, apply: Reflect.apply, construct: Reflect.construct,
  String: String, Number: Number, Object: Object, RangeError: RangeError, TypeError: TypeError, WeakMap: WeakMap,
  get: WeakMap.prototype.get, set: WeakMap.prototype.set, slice: String.prototype.slice, now: Date.now,
  test: RegExp.prototype.test, exact: /^[+-]?\d{1,1000}(\.\d{1,1000})?$/,
  getTime: Date.prototype.getTime, valueOfNumber: Number.prototype.valueOf, valueOfBigInt: BigInt.prototype.valueOf,
  toStringTag: Symbol.toStringTag
})
