package sandbox_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// evening is 2026-12-24T23:05:07.089Z: in New York and Los Angeles it is still the 24th, in Berlin the 25th.
const evening = "new Date(Date.UTC(2026, 11, 24, 23, 5, 7, 89))"

// Locales and options are honoured, or refused with an error: opening hours are formatted as requested.
func TestIntl(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, c := range []struct{ js, want string }{
		{`return d.toLocaleString('en-US', {timeZone: 'America/Los_Angeles'})`, `"12/24/2026, 3:05:07 PM"`},
		{`return d.toLocaleString('en-US', {timeZone: 'America/New_York', hour: 'numeric', hour12: false})`, `"18"`},
		{`return d.toLocaleTimeString('en-US', {hour12: false})`, `"00:05:07"`},
		{`return d.toLocaleDateString('en-US', {weekday: 'long'})`, `"Friday"`},
		{`return d.toLocaleDateString('de-DE', {weekday: 'long', timeZone: 'America/New_York'})`, `"Donnerstag"`},
		{`return d.toLocaleString()`, `"12/25/2026, 12:05:07 AM"`},
		{`return d.toLocaleString('de-DE')`, `"25.12.2026, 00:05:07"`},
		{`return d.toLocaleString('en-GB')`, `"25/12/2026, 00:05:07"`},
		{`return d.toLocaleString('fr-FR')`, `"25/12/2026 00:05:07"`},
		{`return d.toLocaleString('es-ES')`, `"25/12/2026, 0:05:07"`},
		{`return d.toLocaleDateString('fr-FR', {dateStyle: 'full'})`, `"vendredi 25 décembre 2026"`},
		{
			`return d.toLocaleTimeString('en-US', {hour: '2-digit', minute: '2-digit', timeZoneName: 'short', timeZone: ` +
				`'America/New_York'})`,
			`"06:05 PM EST"`,
		},
		{
			`return new Intl.DateTimeFormat('en-US', {hour: 'numeric', weekday: 'short', hourCycle: 'h23',
				timeZone: 'America/New_York'}).formatToParts(d).filter(function (p) { return p.type !== 'literal'; })`,
			`[{"type":"weekday","value":"Thu"},{"type":"hour","value":"18"}]`,
		},
		{`return Intl.DateTimeFormat().resolvedOptions().timeZone`, `"Europe/Berlin"`},
		{`return Intl.DateTimeFormat('en-US', {timeZone: 'America/New_York'}).format(d)`, `"12/24/2026"`},
		{`return [d].map(new Intl.DateTimeFormat('en-GB').format)`, `["25/12/2026"]`},
		{`return (1234567.891).toLocaleString('de-DE')`, `"1.234.567,891"`},
		{`return (1234.5).toLocaleString()`, `"1,234.5"`},
		{`return (0.256).toLocaleString('fr-FR', {style: 'percent'})`, "\"26\u00a0%\""},
		{`return (1234.5).toLocaleString('en-US', {style: 'currency', currency: 'USD'})`, `"$1,234.50"`},
		{`return new Intl.NumberFormat('es-ES', {minimumFractionDigits: 2}).format(12345.6)`, `"12.345,60"`},
		{`return 12345678901234567890n.toLocaleString('en-US')`, `"12,345,678,901,234,567,890"`},
		{`return [1234.5, d].toLocaleString('de-DE', {timeZone: 'UTC'})`, `"1.234,5,24.12.2026, 23:05:07"`},
		{`return new Date(NaN).toLocaleString('de-DE')`, `"Invalid Date"`},
		{
			`return fault(function () { d.toLocaleString('xx'); }).slice(0, 45)`,
			`"RangeError: locale \"xx\" is not available here"`,
		},
		{
			`return fault(function () { d.toLocaleString('en-US', {timeZone: 'Mars/Base'}); }).slice(0, 55)`,
			`"RangeError: invalid time zone specified: \"Mars/Base\": u"`,
		},
		{
			`return fault(function () { d.toLocaleString('en-US', {weekday: 'longer'}); }).slice(0, 34)`,
			`"RangeError: value \"longer\" out of "`,
		},
		{
			`return fault(function () { d.toLocaleString('en-US', {dateStyle: 'full', hour: 'numeric'}); }).slice(0, 26)`,
			`"TypeError: the option hour"`,
		},
		{
			`return fault(function () { d.toLocaleString('en-US', {calendar: 'hebrew'}); }).slice(0, 26)`,
			`"RangeError: value \"hebrew\""`,
		},
		{
			`return fault(function () { d.toLocaleString('en-US', {dayPeriod: 'short'}); }).slice(0, 32)`,
			`"RangeError: the option dayPeriod"`,
		},
		{
			`return fault(function () { (5).toLocaleString('en-US', {notation: 'compact'}); }).slice(0, 27)`,
			`"RangeError: value \"compact\""`,
		},
		{
			`return fault(function () { new Intl.PluralRules('en'); }).slice(0, 39)`,
			`"TypeError: Intl.PluralRules is not avai"`,
		},
		{
			`return fault(function () { new Intl.DateTimeFormat().formatRange(d, d); }).slice(0, 30)`,
			`"TypeError: Intl.DateTimeFormat"`,
		},
		{
			`return fault(function () { Intl.DateTimeFormat.prototype.formatToParts.call({}); })`,
			`"TypeError: this is no Intl.DateTimeFormat"`,
		},
		{`return fault(function () { Date.prototype.toLocaleString.call({}); }).slice(0, 9)`, `"TypeError"`},
		{
			`return fault(function () { d.toLocaleString('en-US', {timezone: 'UTC'}); })`,
			`"RangeError: there is no option timezone: did you mean timeZone?"`,
		},
		{`return d.toLocaleString('default', {month: 'long', anything: 1})`, `"December"`},
		{`return d.toLocaleString('sv-SE')`, `"2026-12-25 00:05:07"`},
		{`return Intl.DateTimeFormat.supportedLocalesOf(['xx', 'de-AT', 'en'])`, `["de-AT","en"]`},
		// not foreseen
		{`return globalThis['In' + 'tl'].DateTimeFormat('en-US', {timeZone: 'UTC'}).format(d)`, `"12/24/2026"`},
		{`Intl = {mine: 1}; return Intl.mine`, `1`},
		{
			`var own = Object.getOwnPropertyDescriptor(globalThis, 'Intl');
			typeof Intl;
			var now = Object.getOwnPropertyDescriptor(globalThis, 'Intl');
			return [typeof own.get, typeof now.value, now.writable, now.enumerable, now.configurable]`,
			`["function","object",true,false,true]`,
		},
		// A function may change the language's objects, but cannot reach the host's side through them.
		{`JSON.stringify = JSON.parse = Object.defineProperty = function () { return {taken: arguments}; };
			String.prototype.slice = Function.prototype.call = function () { throw 1; };
			return new Intl.DateTimeFormat('en-US', {timeZone: 'UTC', weekday: 'long'}).format(d)`, `"Thursday"`},
		{`var seen = []; Object.prototype.toJSON = function () { seen.push(typeof this); return this; };
			WeakMap.prototype.set = function (k, v) { seen.push(v); };
			new Intl.NumberFormat('de').format(1); return seen.filter(function (s) { return s === 'function'; })`, `[]`},
		{`return String(Intl.DateTimeFormat).replace(/\s+/g, ' ')`, `"function DateTimeFormat() { [native code] }"`},
	} {
		a, err := p.Do(context.Background(), sandbox.Job{
			Kind: sandbox.KindShow, Run: "intl", Source: show, Req: json.RawMessage(`{}`), TimeZone: "Europe/Berlin",
			Doc: doc(
				`var d = ` + evening + `; function fault(f) { try { f(); } catch (e) { return String(e); } } ` + c.js,
			),
		})
		if err != nil || string(a.Body) != `{"json":`+c.want+`}` {
			t.Errorf("%s: got %s %s %v, want %s", c.js, a.Outcome, a.Body, err, c.want)
		}
	}
}

// Intl's work for a run, in the engine or outside it, stops at the run's limits.
func TestIntlIsBounded(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, js := range []string{
		`for (;;) { new Intl.DateTimeFormat('en-US', {timeZone: 'America/New_York', hour: 'numeric'}); }`,
		`for (var i = 0;; i++) { new Intl.NumberFormat('en-US', {minimumFractionDigits: i % 50}).format(i); }`,
		`for (var i = 0;; i++) { try { new Date().toLocaleString('en-US', {timeZone: 'No/Such' + i}); } catch (e) {} }`,
		`var kept = []; for (;;) { kept.push(new Intl.DateTimeFormat('de-DE')); }`,
	} {
		a := run(t, p, js, sandbox.Limits{Deadline: 300 * time.Millisecond})
		if a.Outcome != runs.Timeout && a.Outcome != runs.Memory {
			t.Errorf("%s: got %s %s, want timeout or memory", js, a.Outcome, a.Body)
		}
	}
	for _, js := range []string{
		`return new Intl.DateTimeFormat('x'.repeat(1 << 20))`,
		`return (0).toLocaleString('en-US', {currency: 'x'.repeat(1 << 20), style: 'currency'})`,
		`return (10n ** 30000n).toLocaleString('en-US')`,
		`return new Date().toLocaleString(new Array(1 << 20).fill('en-US'))`,
	} {
		if a := run(t, p, js, sandbox.Limits{Deadline: 2 * time.Second}); a.Outcome != runs.Threw {
			t.Errorf("%.60s: got %s %.100s, want an error that is thrown", js, a.Outcome, a.Body)
		}
	}
	if a := run(t, p, `return new Intl.NumberFormat('en-US').format('1e9999999')`,
		sandbox.Limits{}); string(a.Body) != `{"json":"∞"}` {
		t.Errorf("got %s %s, want the infinity that the text is as a number", a.Outcome, a.Body)
	}
}
