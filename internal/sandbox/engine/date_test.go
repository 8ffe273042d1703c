package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"callfn/internal/sandbox/datetime"
)

// setUTC makes the C library's local time UTC, which the engine's own Date asks.
func setUTC(t *testing.T) {
	t.Helper()
	tls := libc.NewTLS()
	defer tls.Close()
	name, err := libc.CString("TZ")
	if err != nil {
		t.Fatal(err)
	}
	value, err := libc.CString("UTC0")
	if err != nil {
		t.Fatal(err)
	}
	libc.Xsetenv(tls, name, value, 1)
}

// In UTC the engine's own Date is right: what replaces it answers the same, for dates of every magnitude and for
// texts of every kind.
func TestDateIsTheEnginesInUTC(t *testing.T) {
	setUTC(t)
	e := newEngine(t)
	other := lib.XJS_NewContext(e.tls, e.rt) // where nothing was replaced
	global, otherGlobal := lib.XJS_GetGlobalObject(e.tls, e.ctx), lib.XJS_GetGlobalObject(e.tls, other)
	e.define(global, "Own", e.property(otherGlobal, "Date"))
	lib.XFreeValue(e.tls, e.ctx, global)
	lib.XFreeValue(e.tls, e.ctx, otherGlobal)
	compare, err := e.Eval(`(function (Own) {
		var getters = ['getTime', 'getFullYear', 'getMonth', 'getDate', 'getHours', 'getMinutes', 'getSeconds',
			'getMilliseconds', 'getDay', 'getYear', 'getTimezoneOffset'];
		function look(D, f, args) {
			var d;
			try {
				d = f(D, args);
				return typeof d === 'number' ? d : getters.map(function (g) { return d[g](); }).join(' ') + ' ' + d;
			} catch (e) { return String(e); }
		}
		function apply(D, args) { return new (Function.prototype.bind.apply(D, [null].concat(args)))(); }
		var ways = {
			make: apply,
			parse: function (D, args) { return D.parse(args[0]); },
			set: function (D, args) {
				var d = new D(args[1]), answer = D.prototype[args[0]].apply(d, args.slice(2));
				return Object.is(answer, d.getTime()) ? d : 'answers ' + answer;
			}
		};
		return function (way, args) {
			args = JSON.parse(args, function (k, v) { return v === 'NaN' ? NaN : v; });
			var got = look(Date, ways[way], args), want = look(Own, ways[way], args);
			return Object.is(got, want) ? '' : 'got ' + got + ', the engine\'s own ' + want;
		};
	})(Own)`)
	if err != nil {
		t.Fatal(err)
	}
	same := func(way, args string) {
		t.Helper()
		diff, ok, err := e.Call(compare, way, args)
		if err != nil || !ok || string(diff) != "" {
			t.Errorf("%s %s: got the difference %q, error %v; want none", way, args, diff, err)
		}
	}
	setters := strings.Fields("setFullYear setMonth setDate setHours setMinutes setSeconds setMilliseconds setYear")
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var args []string
		for i := range 2 + random.IntN(6) {
			args = append(args, strconv.Itoa(random.IntN([]int{4000, 40, 70, 60, 100, 100, 2000}[i])-10))
		}
		same("make", "["+strings.Join(args, ",")+"]")
		setter := setters[random.IntN(len(setters))]
		at := random.Int64N(4e12) - 2e12
		given := append([]string{strconv.Quote(setter), strconv.FormatInt(at, 10)}, args[:random.IntN(min(4, len(args)))]...)
		same("set", "["+strings.Join(given, ",")+"]")
		text := randomText(random)
		same("parse", `["`+text+`"]`)
	}
	for _, text := range []string{
		"", "2026", "2026-03", "2026-03-08", "2026-03-08T09", "2026-03-08T09:00", "2026-03-08T09:00:01.5",
		"2026-03-08T24:00", "2026-03-08T24:01", "+002026-03-08T00:00Z", "-000000-01-01T00:00Z",
		"-000001-01-01T00:00Z", "2026-13-01", "2026-03-32", "2026-03-08T09:00+0100", "2026-03-08T09:00+1",
		"2026-03-08 09:00", "2026-3-8", "3/8/2026", "3/8/26 9:05 PM", "12:00 AM 1/2/2003", "Mar 8, 2026",
		"8 March 2026 9:00 EST", "Sun, 08 Mar 2026 09:00:00 GMT", "Sun Mar 08 2026 09:00:00 GMT-0700 (PDT)",
		"Sun Mar 08 2026 09:00 (", "1 2 3 4", "May", "foo", "2026-03-08t09:00", "2026−03−08", "08.03.2026",
		"20260308", "1e3", "123456789", "1234567890", "2026-03-08T09:00:00,123Z", "2026-03-08T09:00 CEST", "99",
		"31", "32", "0", "-5", "+5", "12:34", "12:34 2026",
	} {
		same("parse", `["`+text+`"]`)
	}
}

func randomText(random *rand.Rand) string {
	parts := []string{
		"2026", "-", "-", "03", "08", "T", "09", ":", ":", "00", ".5", "Z", "+", "01", " ", " ", "Mar", "march",
		"PM", "am", "GMT", "EST", "MDT", "Sunday,", "(x)", "/", "12", "31", "99", "0", "1", "+0530", "-07:00",
		",", "é", "−",
	}
	var b strings.Builder
	for range 1 + random.IntN(9) {
		b.WriteString(parts[random.IntN(len(parts))])
	}
	return b.String()
}

// What is beyond the range of the engine's own Date, or has a call of its own in ECMA-262, is as that says.
func TestDateConversions(t *testing.T) {
	e := newEngine(t)
	e.SetZone(nil)
	if _, err := e.Eval(`var epoch = new Date(0); function fault(f) { try { f(); } catch (e) { return ` +
		`e.name; } }`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ js, want string }{
		{`new Date(new Date(5)).getTime()`, "5"},
		{`new Date({valueOf: function () { return 7; }}).getTime()`, "7"},
		{`new Date({toString: function () { return '1970-01-01T00:00:08'; }}).getTime()`, "8000"},
		{`new Date({[Symbol.toPrimitive]: function (hint) { return hint === 'default' ? 9 : NaN; }}).getTime()`, "9"},
		{`fault(() => new Date({valueOf: null, toString: null}))`, "TypeError"},
		{`fault(() => new Date(Symbol()))`, "TypeError"},
		{`fault(() => new Date(1n))`, "TypeError"},
		{`fault(() => Date.prototype.getHours.call({}))`, "TypeError"},
		{`fault(() => Date.prototype.setHours.call({}, {valueOf: function () { throw 1; }}))`, "TypeError"},
		{`new Date(null).getTime()`, "0"},
		{`new Date(undefined).getTime()`, "NaN"},
		{`new Date(true).getTime()`, "1"},
		{`new Date('9007199254740993').getTime()`, "NaN"},
		{`new Date(8.64e15 + 1).getTime()`, "NaN"},
		{`new Date(275760, 8, 13).getTime()`, "8640000000000000"},
		{`new Date(275760, 8, 13, 0, 0, 0, 1).getTime()`, "NaN"},
		{`new Date(-271821, 3, 20).getTime()`, "-8640000000000000"},
		{`new Date(275761, 0, -200).getFullYear()`, "275760"},
		{`Date.parse('+275760-09-13T01:00+01:00')`, "8640000000000000"},
		{`Date.parse('+275760-09-13T00:00-01:00')`, "NaN"},
		{`new Date(99, 0).getFullYear()`, "1999"},
		{`new Date(100, 0).getFullYear()`, "100"},
		{`new Date(2026, NaN).getTime()`, "NaN"},
		{`new Date(NaN).setFullYear(2026)`, "1767225600000"},
		{`new Date(NaN).setHours(1)`, "NaN"},
		{`new Date(0).setHours()`, "NaN"},
		{`new Date(0).setYear(99)`, "915148800000"},
		{`fault(() => epoch.setHours({valueOf: () => { throw RangeError(); }})) + epoch.getTime()`, "RangeError0"},
		{`Object.is(new Date(0).getTimezoneOffset(), 0)`, "true"},
		{`String(new Date(NaN))`, "Invalid Date"},
		{`new Date(-62198755200000).toString()`, "Fri Jan 01 -0001 00:00:00 GMT+0000"},
		{`(class extends Date {}).prototype instanceof Date && new (class extends Date {})(2026, 0).getFullYear()`, "2026"},
		{`Object.prototype.toString.call(new Date(2026, 0))`, "[object Date]"},
		{`Object.getOwnPropertyNames(Date).sort()`, "UTC,length,name,now,parse,prototype"},
		{`Object.getOwnPropertyDescriptor(Date, 'prototype').writable`, "false"},
		{`Object.keys(Date.prototype).length + Object.keys(Date).length`, "0"},
		{`Date.prototype.setHours.length + ' ' + Date.prototype.setHours.name`, "4 setHours"},
		{`Reflect.construct(Date, [0], Array) instanceof Array`, "true"},
		{`Date.prototype.toGMTString === Date.prototype.toUTCString`, "true"},
	} {
		if got := eval(t, e, c.js); got != c.want {
			t.Errorf("%s: got %s, want %s", c.js, got, c.want)
		}
	}
}

// Fields and days agree with package time over the whole range of time values.
func TestFieldsAreTheCalendars(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		ms := random.Int64N(2*8.64e15) - 8.64e15
		got := datetime.Split(ms)
		w := time.UnixMilli(ms).UTC()
		want := datetime.Fields{
			float64(w.Year()), float64(w.Month() - 1), float64(w.Day()),
			float64(w.Hour()), float64(w.Minute()), float64(w.Second()), float64(w.Nanosecond() / 1e6),
		}
		if got != want || datetime.Weekday(ms) != int(w.Weekday()) || got.Join() != float64(ms) || math.IsNaN(got.Join()) {
			t.Fatal(fmt.Sprintln(ms, "got", got, "want", want, "joined", got.Join()))
		}
	}
}
