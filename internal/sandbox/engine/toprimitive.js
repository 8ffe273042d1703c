(function (symbol, apply, Fault) {
  'use strict';
  function primitive(v) { return v === null || typeof v !== 'object' && typeof v !== 'function'; }
  return function (object) {
    var exotic = object[symbol], result;
    if (exotic !== undefined && exotic !== null) {
      if (typeof exotic !== 'function') { throw new Fault('not a function'); }
      result = apply(exotic, object, ['default']);
      if (primitive(result)) { return result; }
      throw new Fault('toPrimitive');
    }
    var name = 'valueOf', convert = object.valueOf;
    for (;;) {
      if (typeof convert === 'function') {
        result = apply(convert, object, []);
        if (primitive(result)) { return result; }
      }
      if (name === 'toString') { throw new Fault('toPrimitive'); }
      name = 'toString';
      convert = object.toString;
    }
  };
})(Symbol.toPrimitive, Reflect.apply, TypeError)
