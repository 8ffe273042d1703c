// gen writes data/*.json from what Node's Intl answers: for each locale the pattern of every combination of options,
// and the names, separators and symbols that patterns use. Nothing here knows how CLDR chooses a pattern; it asks for
// each, writes down what came, and then checks that package intl's rule for putting date and time together holds. A
// locale whose answers do not fit into that form ends the run.
//
//     node gen.js DIRECTORY
'use strict';
const fs = require('fs'),
  path = require('path'),
  { spawnSync } = require('child_process');

const locales = [
  'en-US',
  'en-GB',
  'en-AU',
  'en-CA',
  'en-IE',
  'en-NZ',
  'de-DE',
  'de-AT',
  'de-CH',
  'fr-FR',
  'fr-CA',
  'fr-CH',
  'es-ES',
  'es-MX',
  'es-US',
  'it-IT',
  'nl-NL',
  'pt-BR',
  'sv-SE',
  'es-419',
  'es-AR',
  'es-CO',
  'es-CL',
  'en-IN'
];
// Further names, kept where their data turn out to be those of a locale above.
const others = [
  'en',
  'de',
  'fr',
  'es',
  'it',
  'nl',
  'pt',
  'en-PR',
  'en-PH',
  'de-BE',
  'de-LU',
  'de-IT',
  'fr-MC',
  'fr-LU',
  'it-SM',
  'es-DO',
  'sv',
  'es-PE',
  'es-EC',
  'es-VE',
  'es-CR',
  'es-PA',
  'es-GT',
  'es-UY',
  'es-PY',
  'es-BO',
  'es-HN',
  'es-SV',
  'es-NI'
];

const text = [undefined, 'narrow', 'short', 'long'],
  number = [undefined, 'numeric', '2-digit'];
const choices = {
  weekday: text,
  era: text,
  year: number,
  month: [undefined, 'numeric', '2-digit', 'narrow', 'short', 'long'],
  day: number,
  hour: number,
  minute: number,
  second: number,
  timeZoneName: [undefined, 'short', 'long', 'shortOffset', 'longOffset']
};
const dateFields = ['weekday', 'era', 'year', 'month', 'day'];
const timeFields = ['hour', 'minute', 'second', 'timeZoneName'];
const cycles = ['h11', 'h12', 'h23', 'h24'];
const styles = [undefined, 'full', 'long', 'medium', 'short'];

// combinations are all choices of the fields in order, the last changing fastest.
function combinations(fields) {
  return fields.reduce(
    (all, f) => all.flatMap((o) => choices[f].map((v) => (v === undefined ? o : { ...o, [f]: v }))),
    [{}]
  );
}

// A probe has a value of its own in each field, of one digit.
const at = (month, day, hour, year) =>
  new Date(Date.UTC(2021, month, day, hour, 7, 8, 45)).setUTCFullYear(year || 2021);
const probe = at(2, 5, 4);
const months = [...Array(12).keys()].map((m) => at(m, 5, 4));
const weekdays = [...Array(7).keys()].map((d) => at(1, 7 + d, 4)); // 2021-02-07 was a Sunday
const eras = [at(2, 5, 4, -3), probe];
const hours = [at(2, 5, 0), at(2, 5, 13)];

class Locale {
  constructor(tag) {
    this.tag = tag;
    this.months = [];
    this.weekdays = [];
    this.eras = [];
    this.patterns = [];
    this.periods = ['AM', 'PM'].map((_, i) =>
      this.value(this.format({ hour: 'numeric', hourCycle: 'h12' }), hours[i], 'dayPeriod')
    );
  }
  format(options) {
    return new Intl.DateTimeFormat(this.tag, { timeZone: 'UTC', ...options });
  }
  value(f, when, type) {
    const found = f.formatToParts(when).filter((p) => p.type === type);
    if (found.length !== 1) {
      throw new Error(`${this.tag}: ${type} is there ${found.length} times`);
    }
    return found[0].value;
  }
  name(list, f, moments, type, width) {
    const names = moments.map((m) => this.value(f, m, type)).join('|');
    let i = list.findIndex((n) => n.names === names && n.width === width);
    if (i < 0) {
      i = list.push({ width, variant: list.filter((n) => n.width === width).length, names }) - 1;
    }
    return i;
  }
  // pattern writes what a formatter does: "{M2} {d0}, {y0}". Numbers are 0 for as many digits as there are, 1 for two
  // digits; names are places in the locale's lists.
  pattern(options) {
    const f = this.format(options),
      resolved = f.resolvedOptions();
    const digits = (p, short, long) => {
      if (p.value === short) {
        return 0;
      }
      if (p.value === long) {
        return 1;
      }
      throw new Error(`${this.tag} ${JSON.stringify(options)}: ${p.type} is ${p.value}`);
    };
    const token = (p) => {
      switch (p.type) {
        case 'literal':
          if (/[{}|]/.test(p.value)) {
            throw new Error(p.value);
          }
          return p.value;
        case 'weekday':
          return `{E${this.name(this.weekdays, f, weekdays, 'weekday', resolved.weekday || 'long')}}`;
        case 'era':
          return `{G${this.name(this.eras, f, eras, 'era', resolved.era || 'short')}}`;
        case 'year':
          return `{y${digits(p, '2021', '21')}}`;
        case 'month':
          if (p.value === '3' || p.value === '03') {
            return `{M${digits(p, '3', '03')}}`;
          }
          return `{L${this.name(this.months, f, months, 'month', resolved.month || 'long')}}`;
        case 'day':
          return `{d${digits(p, '5', '05')}}`;
        case 'minute':
          return `{m${digits(p, '7', '07')}}`;
        case 'second':
          return `{s${digits(p, '8', '08')}}`;
        case 'timeZoneName':
          return '{z0}';
        case 'dayPeriod':
          for (const i of [0, 1]) {
            if (this.value(f, hours[i], 'dayPeriod') !== this.periods[i]) {
              throw new Error(`${this.tag}: another day period`);
            }
          }
          return '{a0}';
        case 'hour': {
          const first = this.value(f, hours[0], 'hour'),
            afternoon = this.value(f, hours[1], 'hour');
          const letter = { '0,1': 'K', '12,1': 'h', '0,13': 'H', '24,13': 'k' }[[+first, +afternoon]];
          if (!letter) {
            throw new Error(`${this.tag}: hours ${first} and ${afternoon}`);
          }
          return `{${letter}${digits(p, '4', '04')}}`;
        }
      }
      throw new Error(p.type);
    };
    return f.formatToParts(probe).map(token).join('');
  }
  index(pattern) {
    let i = this.patterns.indexOf(pattern);
    if (i < 0) {
      i = this.patterns.push(pattern) - 1;
    }
    return i;
  }
}

// runs writes a list of numbers as "7*3,8": three sevens and an eight.
function runs(list) {
  const out = [];
  for (let i = 0; i < list.length;) {
    let n = 1;
    while (list[i + n] === list[i]) {
      n++;
    }
    out.push(n === 1 ? String(list[i]) : list[i] + '*' + n);
    i += n;
  }
  return out.join(',');
}

// substitute puts other names of weekdays or eras into a pattern that has the short ones.
function substitute(pattern, letter, list, width) {
  return pattern.replace(new RegExp(`\\{${letter}(\\d+)\\}`), (all, i) => {
    const same = list.filter((n) => n.width === width);
    return `{${letter}${list.indexOf(same.find((n) => n.variant === list[i].variant) || same[0])}}`;
  });
}

function describe(tag) {
  const l = new Locale(tag);
  const dates = combinations(dateFields),
    times = combinations(timeFields);
  const isBase = (o) => (o.weekday || 'short') === 'short' && (o.era || 'short') === 'short';
  const alone = (o) => (Object.keys(o).length === 1 ? o : undefined);

  // Date.prototype.toLocaleString and the like have defaults where an era or a time zone's name is asked for alone;
  // beside other fields they stand for themselves.
  const datePatterns = dates.map((o, i) => {
    const pattern = i ? l.pattern(o) : '';
    return alone(o) && o.era ? pattern.match(/\{G\d+\}/)[0] : pattern;
  });
  const base = dates.map((o, i) => i).filter((i) => isBase(dates[i]));
  const exceptions = {};
  dates.forEach((o, i) => {
    if (isBase(o)) {
      return;
    }
    const short = { ...o };
    for (const f of ['weekday', 'era']) {
      if (o[f]) {
        short[f] = 'short';
      }
    }
    let p = datePatterns[dates.findIndex((d) => JSON.stringify(d) === JSON.stringify(short))];
    if (o.weekday) {
      p = substitute(p, 'E', l.weekdays, o.weekday);
    }
    if (o.era) {
      p = substitute(p, 'G', l.eras, o.era);
    }
    if (p !== datePatterns[i]) {
      exceptions[i] = datePatterns[i];
    }
  });

  const cycle = new Intl.DateTimeFormat(tag, { hour: 'numeric' }).resolvedOptions().hourCycle;
  const withCycle = (o, c) => (o.hour ? { ...o, hourCycle: c } : o);
  const timePatterns = cycles.map((c) =>
    times.map((o, i) => {
      if (!i || (!o.hour && c !== cycles[0])) {
        return '';
      }
      return alone(o) && o.timeZoneName ? '{z0}' : l.pattern(withCycle(o, c));
    })
  );
  const timePattern = (t, c) => timePatterns[times[t].hour ? cycles.indexOf(c) : 0][t];
  times.forEach((o, t) => {
    if (o.hour && l.pattern(o) !== timePattern(t, cycle)) {
      throw new Error(`${tag}: the default hour cycle has patterns of its own`);
    }
  });

  // The text between date and time depends on the date. A weekday and a time may have a pattern of their own.
  const joints = [],
    whole = {};
  const glues = dates.map((o, i) => {
    if (!i) {
      return 0;
    }
    const glueTime = { minute: '2-digit', timeZoneName: 'short' };
    const both = l.pattern({ ...o, ...glueTime }),
      time = timePattern(
        times.findIndex((t) => JSON.stringify(t) === JSON.stringify(glueTime)),
        cycle
      );
    if (!both.startsWith(datePatterns[i]) || !both.endsWith(time)) {
      throw new Error(`${tag}: ${JSON.stringify(o)} and a time make ${both}`);
    }
    const s = both.slice(datePatterns[i].length, both.length - time.length);
    return joints.includes(s) ? joints.indexOf(s) : joints.push(s) - 1;
  });
  let seed = 1;
  const lucky = (n) => {
    seed = (seed * 48271) % 2147483647;
    return seed % n === 0;
  };
  for (let i = 1; i < dates.length; i++) {
    for (let t = 1; t < times.length; t++) {
      if (!alone(dates[i]) && !lucky(50)) {
        continue;
      }
      if (alone(dates[i])?.era && alone(times[t])?.timeZoneName) {
        continue;
      } // gets the defaults
      for (const c of times[t].hour ? cycles : [cycle]) {
        const pattern = l.pattern({ ...dates[i], ...withCycle(times[t], c) });
        if (pattern === datePatterns[i] + joints[glues[i]] + timePattern(t, c)) {
          continue;
        }
        if (!dates[i].weekday || !alone(dates[i])) {
          throw new Error(`${tag}: ${JSON.stringify([dates[i], times[t], c])} makes ${pattern}`);
        }
        whole[[dates[i].weekday, times[t].hour ? c : '', t]] = pattern;
      }
    }
  }
  const stylePatterns = styles.flatMap((dateStyle) =>
    styles.flatMap((timeStyle) =>
      cycles.map((hourCycle) => {
        if (!timeStyle && (!dateStyle || hourCycle !== cycles[0])) {
          return '';
        }
        return l.pattern({ ...(dateStyle && { dateStyle }), ...(timeStyle && { timeStyle, hourCycle }) });
      })
    )
  );
  const index = (list) => runs(list.map((p) => l.index(p)));
  return {
    hourCycle: cycle,
    months: l.months,
    weekdays: l.weekdays,
    eras: l.eras,
    periods: l.periods,
    offsets: offsets(tag),
    numbers: numbers(tag),
    dates: index(base.map((i) => datePatterns[i])),
    dateExceptions: exceptions,
    glues: runs(glues),
    joints,
    times: timePatterns.map(index),
    weekdayTimes: weekdayTimes(whole, l),
    styles: index(stylePatterns),
    patterns: l.patterns
  };
}

// weekdayTimes are the patterns of a weekday alone with a time, by the weekday's width, the hour cycle and the time's
// place.
function weekdayTimes(whole, l) {
  return Object.fromEntries(Object.entries(whole).map(([key, pattern]) => [key, l.index(pattern)]));
}

// offsets are the zone names that are made of an offset: UTC's, and how hours, minutes and the minus sign are
// written.
function offsets(tag) {
  const name = (zone, style, when) => {
    const f = new Intl.DateTimeFormat(tag, { timeZone: zone, timeZoneName: style });
    return f.formatToParts(when || probe).find((p) => p.type === 'timeZoneName').value;
  };
  const out = {};
  for (const style of ['shortOffset', 'longOffset']) {
    out[style] = {
      zero: name('UTC', style),
      east: name('Asia/Kolkata', style),
      west: name('America/St_Johns', style),
      hour: name('Etc/GMT-5', style),
      ten: name('Etc/GMT+10', style)
    };
  }
  return out;
}

function numbers(tag) {
  const parts = (n, o) => new Intl.NumberFormat(tag, o).formatToParts(n);
  const part = (n, o, type) => (parts(n, o).find((p) => p.type === type) || {}).value;
  const pattern = (n, o, currency) =>
    parts(n, o)
      .map(
        (p) =>
          ({ integer: '#', decimal: '', fraction: '', group: '', currency: '¤', percentSign: '%', minusSign: '-' })[
            p.type
          ] ?? p.value
      )
      .join('');
  const plain = { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 };
  const symbols = {},
    digits = {};
  for (const code of Intl.supportedValuesOf('currency')) {
    const o = { style: 'currency', currency: code };
    const symbol = part(1, o, 'currency');
    if (symbol !== code) {
      symbols[code] = symbol;
    }
    const n = new Intl.NumberFormat(tag, o).resolvedOptions().maximumFractionDigits;
    if (n !== 2) {
      digits[code] = n;
    }
  }
  return {
    decimal: part(1.5, {}, 'decimal'),
    group: part(1234567, {}, 'group'),
    minimumGrouping: part(1234, {}, 'group') ? 1 : 2,
    secondaryGrouping: parts(123456789, {}).filter((p) => p.type === 'integer')[1].value.length,
    currencyGroup: part(1234567, plain, 'group'),
    currencyDecimal: part(1.5, { style: 'currency', currency: 'EUR' }, 'decimal'),
    minus: part(-1, {}, 'minusSign'),
    plus: part(1, { signDisplay: 'always' }, 'plusSign'),
    nan: part(NaN, {}, 'nan'),
    infinity: part(Infinity, {}, 'infinity'),
    percentSign: part(1, { style: 'percent' }, 'percentSign'),
    percent: pattern(0.01, { style: 'percent' }),
    negativePercent: pattern(-0.01, { style: 'percent' }),
    currency: pattern(1, { ...plain, currencyDisplay: 'narrowSymbol', currency: 'EUR' }),
    negativeCurrency: pattern(-1, { ...plain, currencyDisplay: 'narrowSymbol' }),
    currencyCode: pattern(1, { ...plain, currencyDisplay: 'code' }),
    negativeCurrencyCode: pattern(-1, { ...plain, currencyDisplay: 'code' }),
    symbols,
    digits
  };
}

// Each locale is asked for in a process of its own: some options end Node itself.
function ask(tag) {
  const child = spawnSync(process.execPath, [__filename, '--locale', tag], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (child.status === 0) {
    return child.stdout;
  }
  console.error(`${tag} is left out: ${child.stderr.split('\n').find((line) => /Error:|fatal/i.test(line))}`);
}

if (process.argv[2] === '--locale') {
  process.stdout.write(JSON.stringify(describe(process.argv[3]), null, 1) + '\n');
} else {
  const directory = process.argv[2],
    known = {},
    aliases = {};
  for (const tag of locales) {
    const text = ask(tag);
    if (!text) {
      continue;
    }
    known[text] = tag;
    fs.writeFileSync(path.join(directory, tag + '.json'), text);
  }
  for (const tag of others) {
    const same = known[ask(tag)];
    if (same) {
      aliases[tag] = same;
    }
  }
  const { node, cldr, icu, unicode, tz } = process.versions;
  const index = { versions: { node, cldr, icu, unicode, tz }, locales: Object.values(known), aliases };
  fs.writeFileSync(path.join(directory, 'index.json'), JSON.stringify(index, null, 1) + '\n');
}
