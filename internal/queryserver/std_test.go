package queryserver_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// What a function declares as std knows numbers, holidays and opening hours, on the run's clock and in its zone.
func TestStd(t *testing.T) {
	r := ownRuns(t)
	xmas := time.Date(2026, 12, 24, 17, 5, 0, 0, time.UTC) // a Thursday, 18:05 in Berlin
	run := func(t *testing.T, source, bindings string) runs.Report {
		t.Helper()
		report, err := r.Do(t.Context(), queryserver.ReadDocument(stored(source, bindings)),
			queryserver.ParamsRequest(map[string]string{"Account-ID": "a"}), runs.Terms{
				Run: "r", Account: "a", Function: "f", Origin: "rehearsal", Now: xmas, TimeZone: "Europe/Berlin",
			})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	for _, row := range []struct{ source, want string }{
		{`phone.parse('089 12345678', 'DE').e164`, `"+498912345678"`},
		{`phone.parse('anonymous', 'DE')`, `null`},
		{`phone.parse(call['Caller-ID-Number'], 'DE')`, `null`}, // which no call without a number has
		{`phone.parse('+4989123', 'XX')`, `StdError bad_region`},
		{`phone.parse('+4989123')`, `TypeError`},
		{`phone.parse(49, 'DE')`, `TypeError`},
		{`holidays.of('DE-BY', 2026)[0]`, `{"date":"2026-01-01","name":"Neujahrstag","substitute":false}`},
		{`holidays.of('DE-BY', 2050)`, `StdError bad_year`},
		{`holidays.of('DE-BY', 1e300)`, `StdError bad_year`},
		{`holidays.of('XX', 2026)`, `StdError bad_country`},
		{`holidays.of('DE-BY', '2026')`, `TypeError`},
		{`hours.open({thu: '18:00-18:06'})`, `true`}, // now, which the script says
		{`hours.open({thu: '18:06-19:00'})`, `false`},
		{`hours.open({thu: '00:00-24:00', closed: '2026-12-24'})`, `false`},
		{`hours.open({thu: '17:00-18:00', zone: 'UTC'})`, `true`},
		{`hours.open({fri: '00:00-24:00'}, new Date(2026, 11, 25, 12))`, `true`},
		{`hours.open({fri: '09:00-17:00', holidays: 'DE'}, '2026-12-25T12:00:00+01:00')`, `false`},
		{`hours.open({mon: '09:00-17:00'}, Date.UTC(2026, 10, 30, 8))`, `true`},
		{`hours.open({mon: '09:00-17:00', holidays: 'DE'}, Date.UTC(2040, 0, 2, 12))`, `StdError bad_year`},
		{`hours.open({mo: '09:00-17:00'})`, `StdError bad_hours`},
		{`hours.open({mon: '09:00-17:00'}, 'tomorrow')`, `StdError bad_time`},
		{`hours.open({mon: '09:00-17:00'}, new Date(NaN))`, `StdError bad_time`},
		{`hours.open({mon: '09:00-17:00'}, {})`, `TypeError`},
		{`hours.open({zone: 'Mars'})`, `StdError bad_zone`},
		{`hours.open('09:00-17:00')`, `TypeError`},
		{`hours.open({toJSON: function () {}})`, `StdError bad_hours`},
		{`(phone.parse = null, phone.parse('089 12345678', 'DE').valid)`, `true`},
		{`(Date.now = null, Date.prototype.getTime = null, hours.open({thu: '18:05-18:06'}, new Date()))`, `true`},
		{`[typeof std, typeof kv]`, `["undefined","undefined"]`},
	} {
		report := run(t, `try { return `+row.source+` } catch (e) { return e.name + (e.reason ? ' ' + e.reason : '') }`,
			`{"std":true}`)
		got := strings.Trim(string(report.Value), `"`)
		if report.Outcome != runs.OK || got != strings.Trim(row.want, `"`) {
			t.Errorf("%s: got %s %s %+v, want %s", row.source, report.Outcome, report.Value, report.Error,
				row.want)
		}
	}
	report := run(t, `return [typeof phone, typeof holidays, typeof hours]`, `{"env":{"A":"b"}}`)
	if string(report.Value) != `["undefined","undefined","undefined"]` {
		t.Errorf("not declared: got %s, want nothing of it", report.Value)
	}
	report = run(t, `for (var i = 0; ; i++) { holidays.of('AT', 2026) }`, `{"std":true}`)
	if report.Outcome != runs.Threw || !strings.Contains(report.Error.Message, "64 times") {
		t.Errorf("without end: got %s %+v, want the budget of 64", report.Outcome, report.Error)
	}
	report = run(t, "\nhours.open({mon: '9-17'})", `{"std":true}`)
	if report.Outcome != runs.Threw || report.Error.Line != 2 || !strings.Contains(report.Error.Message, "09:00-17:00") {
		t.Errorf("uncaught: got %s %+v, want what to write, at line 2", report.Outcome, report.Error)
	}
	if raw, _ := json.Marshal(report.Calls); len(report.Calls) != 1 || strings.Contains(string(raw), "9-17") {
		t.Errorf("the report: got %s, want one call without its arguments", raw)
	}
}
