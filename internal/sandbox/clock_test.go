package sandbox_test

import (
	"context"
	"encoding/json"
	"testing"

	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// A job with a time gets a Date that begins there and differs from the engine's own in nothing else.
func TestClock(t *testing.T) {
	const christmasEve = 1798131900000 // 2026-12-24T17:05:00Z
	p := sandboxtest.Pool(t, 1)
	for _, c := range []struct{ name, js, want string }{
		{"now", `var ms = Date.now() - 1798131900000; return ms >= 0 && ms < 5000`, `true`},
		{"new", `return new Date().toISOString().slice(0, 16)`, `"2026-12-24T17:05"`},
		{"in the zone", `var d = new Date(); return [d.getDate(), d.getHours(), d.getTimezoneOffset()]`, `[24,18,-60]`},
		{"called", `return Date().slice(0, 21)`, `"Thu Dec 24 2026 18:05"`},
		{"given", `return [new Date(0).getTime(), new Date(2026, 0, 2).getDate(), Date.UTC(1970, 0, 2), ` +
			`Date.parse('1970-01-03T00:00Z')]`, `[0,2,86400000,172800000]`},
		{
			"whole", `return [Date.name, Date.length, Date.now.name, typeof Date, new Date().constructor === Date,
				new Date() instanceof Date, Date.prototype.constructor === Date, Object.prototype.toString.call(new Date())]`,
			`["Date",7,"now","function",true,true,true,"[object Date]"]`,
		},
		{
			"prints", `return [String(Date), String(Date.now)].map(function (s) { return s.replace(/\s+/g, ' ') })`,
			`["function Date() { [native code] }","function now() { [native code] }"]`,
		},
		{"subclass", `class D extends Date { year() { return this.getFullYear() } } return new D().year()`, `2026`},
		{"not enumerable", `return Object.keys(globalThis).indexOf('Date')`, `-1`},
	} {
		a, err := p.Do(context.Background(), sandbox.Job{
			Kind: sandbox.KindShow, Run: "clock", Source: show, Req: json.RawMessage(`{}`), TimeZone: "Europe/Berlin",
			Now: christmasEve, Doc: doc(c.js),
		})
		if err != nil || string(a.Body) != `{"json":`+c.want+`}` {
			t.Errorf("%s: got %s %s %v, want %s", c.name, a.Outcome, a.Body, err, c.want)
		}
	}
	if a := run(t, p, `return Math.abs(Date.now() - 1798131900000) < 60000`,
		sandbox.Limits{}); string(a.Body) != `{"json":false}` {
		t.Error("one run's clock reaches into the next, want the real one there")
	}
}
