// dateOf makes a Date with a zone and a clock that goes ahead by so many ms.
function dateOf(zone, name, ahead) {
  var day = 86400000,
    lastYear = 2065,
    proto = kept.create(kept.Date.prototype),
    label;
  var number = kept.number,
    floor = kept.floor,
    trunc = function (n) {
      return n < 0 ? -floor(-n) : floor(n);
    };

  function now() {
    return kept.now() + ahead;
  }
  function timeOf(date) {
    return kept.call(kept.getTime, date);
  } // throws where it is no date
  function utcField(ms, name) {
    return kept.call(kept.getters[name], new kept.Date(ms));
  }

  // place is how many changes are over at a time value.
  function place(ms) {
    var low = 0,
      high = zone.starts.length,
      middle;
    while (low < high) {
      middle = (low + high) >> 1;
      if (zone.starts[middle] <= ms) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
  function offsetAt(i) {
    return i ? zone.values[i - 1] : zone.first;
  }
  // back is what leads from a year beyond the last to one that begins on the same weekday and is as long: rules go by
  // weekdays.
  function back(ms) {
    var year = utcField(ms, 'FullYear'),
      like,
      start,
      from;
    if (!(year > lastYear)) {
      return 0;
    }
    start = kept.UTC(year, 0, 1);
    for (like = lastYear; like > lastYear - 28; like--) {
      from = kept.UTC(like, 0, 1);
      if ((start - from) % (7 * day) === 0 && kept.UTC(year + 1, 0, 1) - start === kept.UTC(like + 1, 0, 1) - from) {
        return start - from;
      }
    }
    return 0;
  }
  function offset(ms) {
    return offsetAt(place(ms - back(ms)));
  }
  // utc is the time value of local time: the first of two, and in a gap by the offset before it (ECMA-262, UTC(t)).
  function utc(local) {
    var shift, i, ms, before;
    if (!(local > -8.65e15 && local < 8.65e15)) {
      return NaN;
    }
    shift = back(local);
    local -= shift;
    i = place(local - 26 * 3600000);
    for (before = offsetAt(i); ; before = offsetAt(i++)) {
      ms = local - offsetAt(i);
      if (i && ms < zone.starts[i - 1]) {
        return local - before + shift;
      }
      if (i >= zone.starts.length || ms < zone.starts[i]) {
        return ms + shift;
      }
    }
  }
  // join makes local time of fields: year, month, day, hour, minute, second, ms.
  function join(f) {
    var i, year, month, ms;
    for (i = 0; i < 7; i++) {
      f[i] = trunc(f[i]);
      if (f[i] !== f[i] || f[i] === Infinity || f[i] === -Infinity) {
        return NaN;
      }
    }
    year = f[0] + floor(f[1] / 12);
    month = f[1] - floor(f[1] / 12) * 12;
    ms = new kept.Date(0);
    if (!(year > -300000 && year < 300000)) {
      return NaN;
    }
    kept.call(kept.setUTCFullYear, ms, 2000 + (year - floor(year / 400) * 400), month, 1); // the calendar repeats
    return (
      (timeOf(ms) / day + floor(year / 400) * 146097 - 5 * 146097 + f[2] - 1) * day +
      f[3] * 3600000 +
      f[4] * 60000 +
      f[5] * 1000 +
      f[6]
    );
  }
  function clip(ms) {
    return ms >= -8.64e15 && ms <= 8.64e15 ? trunc(ms) : NaN;
  }
  function century(year) {
    return trunc(year) >= 0 && trunc(year) <= 99 ? 1900 + trunc(year) : year;
  }

  function parse(text) {
    var m, ms, date, sign;
    text = kept.text(text);
    m = kept.exec(/^([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d))?)?T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/, text);
    if (m) {
      // local time, as ECMA-262 writes it
      if (
        m[1] === '-000000' ||
        m[2] < 1 ||
        m[2] > 12 ||
        m[3] < 1 ||
        m[3] > 31 ||
        m[4] > 24 ||
        m[5] > 59 ||
        m[6] > 59 ||
        (m[4] > 23 && (m[5] > 0 || m[6] > 0 || m[7] > 0))
      ) {
        return NaN;
      }
      return clip(
        utc(
          join([
            +m[1],
            (m[2] || 1) - 1,
            +(m[3] || 1),
            +m[4],
            +m[5],
            +(m[6] || 0),
            floor(('0.' + (m[7] || 0)) * 1000 + 1e-9)
          ])
        )
      );
    }
    ms = kept.parseDate(text);
    if (
      ms !== ms ||
      kept.exec(/^([+-]\d{6}|\d{4})(-\d\d(-\d\d)?)?$|Z\s*$|[+-]\d\d:?\d\d\s*(\(|$)|\d\s*[+-]\d{1,2}\s*$/i, text) ||
      kept.exec(/\b(GMT|UTC?|[ECMP][SD]T|[CEW]ES?T|Z)\b/i, text)
    ) {
      return ms;
    }
    date = new kept.Date(ms); // read as if it were the server's local time: its fields are what was written
    return clip(
      utc(
        join([
          kept.call(kept.local[0], date),
          kept.call(kept.local[1], date),
          kept.call(kept.local[2], date),
          kept.call(kept.local[3], date),
          kept.call(kept.local[4], date),
          kept.call(kept.local[5], date),
          kept.call(kept.local[6], date)
        ])
      )
    );
  }
  function primitive(v) {
    var convert = kept.primitive && v[kept.primitive],
      i,
      result;
    if (convert !== undefined && convert !== null && convert !== false) {
      return kept.call(convert, v, 'default');
    }
    for (i = 0; i < 2; i++) {
      convert = i ? v.toString : v.valueOf;
      if (typeof convert === 'function') {
        result = kept.call(convert, v);
        if (result === null || (typeof result !== 'object' && typeof result !== 'function')) {
          return result;
        }
      }
    }
    throw new TypeError("can't convert " + typeof v + ' to primitive type');
  }
  function isDate(v) {
    try {
      timeOf(v);
      return true;
    } catch (e) {
      return false;
    }
  }
  function made(ms, like) {
    var date = new kept.Date(ms);
    if (kept.setPrototype) {
      return kept.setPrototype(date, like);
    }
    date.__proto__ = like; // SpiderMonkey 1.8.5
    return date;
  }
  function LocalDate(year, month, date, hours, minutes, seconds, ms) {
    var n = arguments.length,
      like,
      f,
      i,
      v = year;
    if (!(this instanceof LocalDate)) {
      return toText(now());
    }
    like = kept.getPrototype(this);
    if (n === 0) {
      return made(now(), like);
    }
    if (n === 1) {
      if (v !== null && (typeof v === 'object' || typeof v === 'function')) {
        v = isDate(v) ? timeOf(v) : primitive(v);
      }
      return made(typeof v === 'string' ? parse(v) : clip(number(v)), like);
    }
    f = [number(year), number(month), 1, 0, 0, 0, 0];
    for (i = 2; i < 7 && i < n; i++) {
      f[i] = number(arguments[i]);
    }
    f[0] = century(f[0]);
    return made(clip(utc(join(f))), like);
  }

  function two(n) {
    return (n < 10 ? '0' : '') + n;
  }
  function dayText(ms) {
    var local = ms + offset(ms),
      year = utcField(local, 'FullYear'),
      y = kept.text(year < 0 ? -year : year);
    while (y.length < 4) {
      y = '0' + y;
    }
    return (
      ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][utcField(local, 'Day')] +
      ' ' +
      ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][utcField(local, 'Month')] +
      ' ' +
      two(utcField(local, 'Date')) +
      ' ' +
      (year < 0 ? '-' : '') +
      y
    );
  }
  function clockText(ms) {
    var o = offset(ms),
      local = ms + o,
      minutes = floor((o < 0 ? -o : o) / 60000);
    return (
      two(utcField(local, 'Hours')) +
      ':' +
      two(utcField(local, 'Minutes')) +
      ':' +
      two(utcField(local, 'Seconds')) +
      ' GMT' +
      (o < 0 ? '-' : '+') +
      two(floor(minutes / 60)) +
      two(minutes % 60)
    );
  }
  function toText(ms) {
    return ms === ms ? dayText(ms) + ' ' + clockText(ms) : 'Invalid Date';
  }

  function getter(method, read) {
    put(
      proto,
      method,
      function () {
        var ms = timeOf(this);
        return ms === ms ? read(ms) : NaN;
      },
      false
    );
  }
  function field(name) {
    getter('get' + name, function (ms) {
      return utcField(ms + offset(ms), name);
    });
  }
  function text(method, read) {
    put(
      proto,
      method,
      function () {
        var ms = timeOf(this);
        return ms === ms ? read(ms) : 'Invalid Date';
      },
      false
    );
  }
  // setter is for the fields from first to last.
  function setter(method, first, last, convert) {
    put(
      proto,
      method,
      function () {
        var ms = timeOf(this),
          given = [NaN, 0, 0, 0],
          n = arguments.length,
          i,
          f,
          local;
        n = n > last - first + 1 ? last - first + 1 : n;
        for (i = 0; i < n; i++) {
          given[i] = number(arguments[i]);
        }
        if (ms !== ms && first) {
          return NaN;
        }
        if (ms === ms) {
          local = ms + offset(ms);
          f = [
            utcField(local, 'FullYear'),
            utcField(local, 'Month'),
            utcField(local, 'Date'),
            utcField(local, 'Hours'),
            utcField(local, 'Minutes'),
            utcField(local, 'Seconds'),
            utcField(local, 'Milliseconds')
          ];
        } else {
          f = [1970, 0, 1, 0, 0, 0, 0];
        }
        for (i = 0; i < (n || 1); i++) {
          f[first + i] = given[i];
        }
        if (convert) {
          f[0] = convert(f[0]);
        }
        return kept.call(kept.setTime, this, clip(utc(join(f))));
      },
      false
    );
  }
  // An engine with an Intl of its own is told the zone; one without can honour no locale and no option, and says so.
  function localeText(method, read) {
    put(
      proto,
      method,
      function (locales, options) {
        var ms = timeOf(this),
          given = kept.create(null),
          i,
          names;
        if (ms !== ms) {
          return 'Invalid Date';
        }
        if (kept.hasIntl) {
          if (options !== undefined && options !== null) {
            names = kept.keys(options);
            for (i = 0; i < names.length; i++) {
              put(given, names[i], options[names[i]], true);
            }
          }
          if (given.timeZone === undefined) {
            put(given, 'timeZone', name, true);
          }
          return kept.call(kept.locale[method], this, locales, given);
        }
        if (locales !== undefined || options !== undefined) {
          throw new TypeError(
            method +
              ' takes no locale and no options on the engine that runs functions here: ' +
              'build the text from getHours() and the like'
          );
        }
        return read(ms + offset(ms));
      },
      false
    );
  }
  function shortDay(local) {
    return utcField(local, 'Month') + 1 + '/' + utcField(local, 'Date') + '/' + utcField(local, 'FullYear');
  }
  function shortClock(local) {
    var h = utcField(local, 'Hours');
    return (
      ((h + 11) % 12) +
      1 +
      ':' +
      two(utcField(local, 'Minutes')) +
      ':' +
      two(utcField(local, 'Seconds')) +
      (h < 12 ? ' AM' : ' PM')
    );
  }

  field('FullYear');
  field('Month');
  field('Date');
  field('Hours');
  field('Minutes');
  field('Seconds');
  field('Milliseconds');
  field('Day');
  getter('getYear', function (ms) {
    return utcField(ms + offset(ms), 'FullYear') - 1900;
  });
  getter('getTimezoneOffset', function (ms) {
    return (-offset(ms) || 0) / 60000;
  });
  setter('setFullYear', 0, 2);
  setter('setMonth', 1, 2);
  setter('setDate', 2, 2);
  setter('setHours', 3, 6);
  setter('setMinutes', 4, 6);
  setter('setSeconds', 5, 6);
  setter('setMilliseconds', 6, 6);
  setter('setYear', 0, 0, century);
  text('toString', toText);
  text('toDateString', dayText);
  text('toTimeString', clockText);
  localeText('toLocaleDateString', shortDay);
  localeText('toLocaleTimeString', shortClock);
  localeText('toLocaleString', function (local) {
    return shortDay(local) + ', ' + shortClock(local);
  });
  put(proto, 'constructor', LocalDate, false);
  LocalDate.prototype = proto;
  put(LocalDate, 'now', now, false);
  put(
    LocalDate,
    'parse',
    function (text) {
      return parse(text);
    },
    false
  );
  put(LocalDate, 'UTC', kept.UTC, false);
  if (kept.nameable) {
    label = kept.create(null); // a literal would inherit a changed prototype's get and set
    label.value = 'Date';
    label.configurable = true;
    kept.defineProperty(LocalDate, 'name', label);
  }
  return LocalDate;
}
