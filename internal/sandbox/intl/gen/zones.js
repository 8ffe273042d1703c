// zones writes data/zones.json from what Node's Intl answers: which of CLDR's names a zone has at which offset, since
// when, and those names in each locale. Names are told apart by their long and short form in en-US. What is not there
// is written as an offset.
//
//     node zones.js DIRECTORY < NAMES
'use strict';
const fs = require('fs'),
  path = require('path');

const directory = process.argv[2];
const { locales } = JSON.parse(fs.readFileSync(path.join(directory, 'index.json'), 'utf8'));
const hour = 3600e3,
  first = Date.UTC(1970, 0, 1),
  last = Date.UTC(2037, 11, 31);

function teller(locale, timeZone, timeZoneName) {
  const f = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName });
  return (at) => f.formatToParts(at).find((p) => p.type === 'timeZoneName').value;
}

const names = {},
  timelines = [],
  zones = {};
const isOffset = (name) => /^(GMT|UTC)[+−-]\d/.test(name);

for (const zone of fs
  .readFileSync(0, 'utf8')
  .split('\n')
  .filter((name) => name && !name.endsWith('/'))) {
  let name, offset;
  try {
    const long = teller('en-US', zone, 'long'),
      short = teller('en-US', zone, 'short');
    name = (at) => {
      const s = short(at);
      return long(at) + '/' + (isOffset(s) ? '' : s);
    };
    offset = teller('en-US', zone, 'longOffset');
  } catch {
    continue;
  }
  const minutes = (at) => {
    const m = offset(at).match(/([+-])(\d+):(\d+)/);
    return (m[1] + 1) * (m[2] * 60 + +m[3]);
  };
  const moments = {};
  // A period lasts for as long as each offset has one name in it.
  const periods = [{ from: null, names: {} }];
  const fits = (at) => {
    const n = periods.at(-1).names[minutes(at)];
    return n === undefined || n === name(at);
  };
  for (let at = first; at <= last; at += 15 * 24 * hour) {
    if (!fits(at)) {
      let low = at - 15 * 24 * hour,
        high = at;
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2000) * 1000;
        if (fits(middle)) {
          low = middle;
        } else {
          high = middle;
        }
      }
      periods.push({ from: high, names: {} });
    }
    const n = name(at);
    periods.at(-1).names[minutes(at)] = n;
    if (!isOffset(n)) {
      (moments[n] ||= []).push(at);
    }
  }
  for (const p of periods) {
    for (const [o, n] of Object.entries(p.names)) {
      if (isOffset(n)) {
        delete p.names[o];
      }
    }
  }
  if (periods.every((p) => Object.keys(p.names).length === 0)) {
    continue;
  }
  const text = JSON.stringify(periods);
  let i = timelines.findIndex((t) => JSON.stringify(t) === text);
  if (i < 0) {
    i = timelines.push(periods) - 1;
  }
  zones[zone] = i;
  for (const locale of locales) {
    for (const style of ['short', 'long']) {
      const tell = teller(locale, zone, style),
        offsets = teller(locale, zone, style + 'Offset');
      for (const [name, list] of Object.entries(moments)) {
        for (const at of [list[0], list.at(-1)]) {
          const told = tell(at),
            value = told === offsets(at) ? '' : told,
            place = ((names[name] ||= {})[locale] ||= {});
          if (place[style] !== undefined && place[style] !== value) {
            throw new Error(`${locale}: ${name} is ${place[style]} and, in ${zone}, ${value}`);
          }
          place[style] = value;
        }
      }
    }
  }
}
const keys = Object.keys(names).sort();
const out = {
  names: {},
  timelines: timelines.map((t) =>
    t.map((p) => [p.from, Object.fromEntries(Object.entries(p.names).map(([o, n]) => [o, keys.indexOf(n)]))])
  ),
  zones
};
for (const locale of locales) {
  for (const style of ['short', 'long']) {
    (out.names[locale] ||= {})[style] = keys.map((k) => names[k][locale]?.[style] ?? '');
  }
}
fs.writeFileSync(
  path.join(directory, 'zones.json'),
  JSON.stringify(out, null, 0).replace(/("zones"|"timelines"|"names"|\],"|\},"[a-z])/g, '\n$1') + '\n'
);
console.error(keys.length, timelines.length, Object.keys(zones).length, JSON.stringify(out).length);
