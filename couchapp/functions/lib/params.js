// params copies the request's parameters into a plain object of this realm, key by key as data: no key, `__proto__` and
// `constructor` included, is anything but a property. Null when the request has no parameters at all.
function params(req) {
  var out = {}, found = false;
  function add(from) {
    var i, names;
    if (from === null || typeof from !== 'object') { return; }
    found = true;
    names = kept.keys(from);
    for (i = 0; i < names.length; i++) { put(out, names[i], copy(from[names[i]]), true); }
  }
  if (req === null || typeof req !== 'object') { return null; }
  add(req.query);
  add(req.form);
  return found ? out : null;
}
