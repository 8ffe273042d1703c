package crossbar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/function/params"
)

// Every way of running a function by itself gives it every parameter that the catalogue calls always present, with the
// values of a simulated call.
func TestRunsHaveWhatCallsHave(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	var always []string
	for _, p := range s.must(t, 200, "GET", "/v2/functions", "", "").at("data", "parameters").([]any) {
		if p := p.(map[string]any); p["always"] == true {
			always = append(always, p["name"].(string))
		}
	}
	if len(always) < 10 {
		t.Fatalf("parameters that are always there: got %v, want ten or more", always)
	}
	call := map[string]any{
		"To": "5001@acme.example", "From": "4155550100", "Call-ID": "c1",
		"Custom-SIP-Headers": map[string]any{"X-Ticket": "42"},
	}
	const data = `"call":{"To":"5001@acme.example","From":"4155550100","Call-ID":"c1",` +
		`"Custom-SIP-Headers":{"X-Ticket":"42"}}`
	realm, _ := s.must(t, 200, "GET", a.path(""), a.token, "").at("data", "realm").(string)
	rehearsal, err := (&callflow.Simulator{}).Prepare(callflow.SimulationRequest{
		Account: account.ID(a.id), Call: call,
		DefaultRealm: realm,
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := params.Flatten(callflow.Params(rehearsal.Call))
	if err != nil {
		t.Fatal(err)
	}
	for road, ask := range map[string]func(string) map[string]string{
		"a stored function": func(data string) map[string]string {
			s.must(t, 201, "PUT", a.path("/functions/"+id+"/run"), a.token, `{"data":{`+data+`}}`)
			return s.runner.last.Params
		},
		"a draft": func(data string) map[string]string {
			if data != "" {
				data = "," + data
			}
			s.must(t, 201, "PUT", a.path("/functions/run"), a.token, `{"data":{"function_js":"return {}"`+data+`}}`)
			return s.runner.last.Params
		},
	} {
		t.Run(road, func(t *testing.T) {
			got := ask("")
			for _, name := range always {
				if got[name] == "" {
					t.Errorf("%s: got nothing in a call that says nothing, want it there as the catalogue says", name)
				}
			}
			if diff := cmp.Diff(want, ask(data)); diff != "" {
				t.Errorf("parameters, want those of a simulated call (-simulated +here):\n%s", diff)
			}
		})
	}
}

// A run takes place at the time of its script. Members without meaning are refused.
func TestRunsHaveAMoment(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"timezone":"America/Los_Angeles"}}`)
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	stored := a.path("/functions/" + id + "/run")
	draft := a.path("/functions/run")
	for _, tc := range []struct {
		script, at, zone string
		utc              string
	}{
		{`{"now":"2026-07-04T14:30"}`, "2026-07-04T14:30:00-07:00", "America/Los_Angeles", "2026-07-04T21:30:00Z"},
		{
			`{"now":"2026-07-04T14:30","timezone":"Europe/Berlin"}`, "2026-07-04T14:30:00+02:00", "Europe/Berlin",
			"2026-07-04T12:30:00Z",
		},
		{`{"now":"2026-11-01T01:30-08:00"}`, "2026-11-01T01:30:00-08:00", "America/Los_Angeles", "2026-11-01T09:30:00Z"},
		{`{"now":"2026-11-01T01:30"}`, "2026-11-01T01:30:00-07:00", "America/Los_Angeles", "2026-11-01T08:30:00Z"},
		{`{"now":"2026-03-08T02:30"}`, "2026-03-08T03:30:00-07:00", "America/Los_Angeles", "2026-03-08T10:30:00Z"},
	} {
		r := s.must(t, 201, "PUT", stored, a.token, `{"data":{"script":`+tc.script+`}}`)
		if got := s.runner.last; r.at("data", "at") != tc.at || r.at("data", "timezone") != tc.zone ||
			got.Now.UTC().Format(time.RFC3339) != tc.utc || got.TimeZone != tc.zone {
			t.Errorf("%s: answered %v %v, run at %v in %s; want %s", tc.script, r.at("data", "at"), r.at("data", "timezone"),
				got.Now, got.TimeZone, tc.at)
		}
		r = s.must(t, 201, "PUT", draft, a.token, `{"data":{"function_js":"return {}","script":`+tc.script+`}}`)
		if got := s.runner.last; r.at("data", "at") != tc.at || got.Now.UTC().Format(time.RFC3339) != tc.utc ||
			got.TimeZone != tc.zone {
			t.Errorf("draft %s: answered %v, run at %v in %s; want %s", tc.script, r.at("data", "at"), got.Now, got.TimeZone,
				tc.at)
		}
	}
	for data, path := range map[string]string{
		`"now":"2026-07-04T14:30"`:                   "now",
		`"timezone":"UTC"`:                           "timezone",
		`"digits":[]`:                                "digits",
		`"script":{"now":"yesterday"}`:               "script.now",
		`"script":{"digits":[{"digits":"1"}]}`:       "script.digits",
		`"script":{"at":"2026-07-04T14:30"}`:         "script.at",
		`"script":"2026-07-04T14:30"`:                "script",
		`"call":{"Call-ID":"a b"}`:                   "call.Call-ID",
		`"call":{"Custom-SIP-Headers":"X-Ticket=1"}`: "call.Custom-SIP-Headers",
	} {
		for target, body := range map[string]string{
			stored: `{"data":{` + data + `}}`,
			draft:  `{"data":{"function_js":"return {}",` + data + `}}`,
		} {
			if r := s.do(t, "PUT", target, a.token, body); r.status != 400 || r.at("data", path) == nil {
				t.Errorf("%s: %d %s; want 400 that names %s", body, r.status, r.raw, path)
			}
		}
	}
}
