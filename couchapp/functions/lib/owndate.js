// ownDate makes the Date of a function where the engine's own is of no use: an engine that all accounts share is in
// one time zone, its server's, and at one time. The request says which zone and time are the call's (RunHeader of
// package queryserver):
//
//   X-Callfn-Run: …; tz=Europe/Berlin; local=2s0.5k0!…; now=1798131900000
//
// Undefined where it says nothing, or where the function has no Date in it. The dates that it makes are the engine's
// own, with a prototype of their own before that of all dates, made for this one run: nothing of it is left to the
// next.
function ownDate(req, source) {
  var header, tz, local, now, zone;
  if (kept.find(source, 'Date') < 0 || !req.headers) {
    return undefined;
  }
  header = req.headers['X-Callfn-Run'] || req.headers['x-callfn-run'];
  if (typeof header !== 'string') {
    return undefined;
  }
  tz = kept.exec(/; tz=([^;]*)/, header);
  local = kept.exec(/; local=([^;]*)/, header);
  now = kept.exec(/; now=(-?\d+)/, header);
  if (!local) {
    return undefined;
  }
  zone = kept.zones[local[1]];
  if (!zone) {
    if (kept.zoneRoom-- <= 0) {
      kept.zones = kept.create(null);
      kept.zoneRoom = 50;
    }
    zone = kept.zones[local[1]] = readZone(local[1]);
  }
  return dateOf(zone, tz ? tz[1] : 'UTC', now ? +now[1] - kept.now() : 0);
}
// readZone reads the changes of a zone's offset, as (Zone).Table of package datetime writes them: the offsets in
// seconds, then for each change three digits of quarters of an hour since the last and the place of the offset, or ~
// and seconds where that is not enough.
function readZone(text) {
  var offsets = kept.create(null),
    starts = [],
    values = [],
    at = 0,
    i = 0,
    n = 0,
    end;
  function until(mark) {
    end = kept.find(text, mark, i);
    return kept.integer(kept.cut(text, i, end), 36);
  }
  for (; text[i - 1] !== '!'; i = end + 1, n++) {
    end = kept.find(text, '.', i);
    offsets[n] = (end < 0 || end > kept.find(text, '!') ? until('!') : until('.')) * 1000;
  }
  for (n = 0; i < text.length; n++) {
    if (text[i] === '~') {
      i++;
      at += until('.') * 1000;
      i = end + 1;
    } else {
      at += kept.integer(kept.cut(text, i, i + 3), 36) * 900000;
      i += 3;
    }
    put(starts, n, at, true);
    put(values, n, offsets[kept.integer(text[i++], 36)], true);
  }
  return { first: offsets[0], starts: starts, values: values };
}
