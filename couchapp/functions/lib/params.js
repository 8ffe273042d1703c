// params copies the request's parameters into a plain object of this realm, key by key as data: no key, `__proto__` and
// `constructor` included, is anything but a property. Null when the request has no parameters at all.
function params(req) {
  var own = Object.prototype.hasOwnProperty, out = {}, found = false;
  function add(from) {
    if (from === null || typeof from !== 'object') { return; }
    found = true;
    for (var key in from) {
      if (own.call(from, key)) {
        Object.defineProperty(out, key, { value: from[key], enumerable: true, writable: true, configurable: true });
      }
    }
  }
  if (req === null || typeof req !== 'object') { return null; }
  add(req.query);
  add(req.form);
  return found ? out : null;
}
