// params collects the request's parameters, key by key as data of this realm, in an object without a prototype, where
// no name, `__proto__` and `constructor` included, is anything but a property. Null when the request has no parameters
// at all. Our own engine's objects are of this realm, and no function has seen them: a query alone goes on as it is.
function params(req, engine) {
  var out, query, form;
  if (req === null || typeof req !== 'object') { return null; }
  query = req.query !== null && typeof req.query === 'object';
  form = req.form !== null && typeof req.form === 'object';
  if (!query && !form) { return null; }
  if (engine && query && !kept.isArray(req.query) && !(form && kept.keys(req.form).length)) { return req.query; }
  out = kept.create(null);
  if (query) { take(out, req.query); }
  if (form) { take(out, req.form); }
  return out;
}
// take adds parameters. All that are no objects go over at once, where the engine can: see scalars.
function take(out, from) {
  var i, names = kept.keys(from);
  if (kept.assign && scalars(from, names)) {
    kept.assign(out, from);
    return;
  }
  for (i = 0; i < names.length; i++) { out[names[i]] = copy(from[names[i]]); }
}
// scalars reports whether no parameter is an object. SpiderMonkey, which throws its machine code away with each of
// CouchDB's resets, makes some for a loop that comes round for the tenth time, at ten microseconds a piece: eight
// parameters a round.
function scalars(from, names) {
  var i;
  for (i = 0; i < names.length; i += 8) {
    if (typeof from[names[i]] === 'object' || typeof from[names[i + 1]] === 'object' ||
        typeof from[names[i + 2]] === 'object' || typeof from[names[i + 3]] === 'object' ||
        typeof from[names[i + 4]] === 'object' || typeof from[names[i + 5]] === 'object' ||
        typeof from[names[i + 6]] === 'object' || typeof from[names[i + 7]] === 'object') { return false; }
  }
  return true;
}
// plain is what the function gets for it: an ordinary object.
function plain(bag) {
  var out, i, names;
  if (kept.setPrototype) { return kept.setPrototype(bag, kept.prototype); }
  out = {};
  names = kept.keys(bag);
  for (i = 0; i < names.length; i++) { put(out, names[i], bag[names[i]], true); }
  return out;
}
