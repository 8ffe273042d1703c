package crossbar_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// pivotKey creates a key; for the numbers if function is "".
func (s *stack) pivotKey(t testing.TB, a tenant, function string) (id, key string) {
	t.Helper()
	body := `{"data":{"name":"KAZOO"}}`
	if function != "" {
		body = `{"data":{"name":"KAZOO","function":"` + function + `"}}`
	}
	r := s.must(t, 201, "PUT", a.path("/pivot/keys"), a.token, body)
	key, _ = r.at("data", "key").(string)
	return r.id(), key
}

// The parameters that KAZOO's pivot sends first (kzt_kazoo:req_params, kzt_twiml:req_params), as query string and form.
const (
	kazooRequest = "Call-ID=call-1&Account-ID=forged&Api-Version=4.x&Caller-ID-Name=Alice&" +
		"Caller-ID-Number=%2B14158867900&Custom-Application-Vars[vip]=yes&&Direction=inbound&From=4158867900&" +
		"From-Realm=pstn.example&Language=en-us&Request=1000&Request-Realm=acme.example&To=1000&To-Realm=acme.example"
	twimlRequest = "CallSid=call-2&AccountSid=forged&From=4158867900&FromRealm=pstn.example&To=1000&" +
		"ToRealm=acme.example&ApiVersion=2010-04-01&Direction=inbound&CallerName=Alice&CallerNumber=%2B14158867900"
	kazooJSON = `{"Call-ID":"call-3","Account-ID":"forged","Caller-ID-Name":"Alice",` +
		`"Custom-Application-Vars":{"vip":"yes"},"Custom-SIP-Headers":{},"To":"1000","Request":"1000","User-ID":["u1","u2"]}`
)

func TestPivotAnswersWithTheBareFlow(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"timezone":"Europe/Berlin"}}`)
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1000"],"flow":{"module":"function",`+
		`"data":{"id":"`+f+`"},"children":{"_":{"module":"hangup","data":{}}}}}}`)
	_, numbers := s.pivotKey(t, a, "")
	_, one := s.pivotKey(t, a, f)
	alone := `{"module":"tts","data":{"text":"hi 1000"}}`
	for _, c := range []struct{ name, method, path, key, body, kind, callID, want string }{
		{"function, query string", "GET", "/functions/" + f + "/pivot", one, kazooRequest, "", "call-1", alone},
		{
			"function, form", "POST", "/functions/" + f + "/pivot", one, kazooRequest, "application/x-www-form-urlencoded",
			"call-1", alone,
		},
		{"function, JSON", "POST", "/functions/" + f + "/pivot", one, kazooJSON, "application/json", "call-3", alone},
		{"function, twiml", "GET", "/functions/" + f + "/pivot", one, twimlRequest, "", "call-2", alone},
		{
			"function, twiml form", "POST", "/functions/" + f + "/pivot", one, twimlRequest,
			"application/x-www-form-urlencoded; charset=utf-8", "call-2", alone,
		},
		{
			"number, query string", "GET", "/pivot", numbers, kazooRequest, "", "call-1",
			`{"module":"tts","data":{"text":"hi 1000"},"children":{"_":{"module":"hangup","data":{}}}}`,
		},
		{
			"number, twiml", "GET", "/pivot", numbers, twimlRequest, "", "call-2",
			`{"module":"tts","data":{"text":"hi 1000"},"children":{"_":{"module":"hangup","data":{}}}}`,
		},
		{
			"number, JSON", "POST", "/pivot", numbers, kazooJSON, "application/json", "call-3",
			`{"module":"tts","data":{"text":"hi 1000"},"children":{"_":{"module":"hangup","data":{}}}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, body := a.path(c.path)+"?key="+c.key, c.body
			if c.method == "GET" {
				path, body = path+"&"+c.body, ""
			}
			r := s.must(t, 200, c.method, path, "", body, "Content-Type: "+c.kind)
			if r.header.Get("Content-Type") != "application/json" { // makes KAZOO read it as a flow
				t.Errorf("content type: got %q, want application/json", r.header.Get("Content-Type"))
			}
			if diff := cmp.Diff(flowOf(t, c.want), r.env); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			told := s.runner.last
			if string(told.Account) != a.id || string(told.Function) != f || told.Origin != function.FromCall ||
				told.CallID != c.callID || told.TimeZone != "Europe/Berlin" {
				t.Errorf("the runner was asked: got %+v, want function, account, call %s and Europe/Berlin", told, c.callID)
			}
			if told.Params["Call-ID"] != c.callID || told.Params["Caller-ID-Name"] != "Alice" ||
				told.Params["Request"] != "1000" {
				t.Errorf("parameters: got %v, want those of the call", told.Params)
			}
			if _, ok := told.Params["key"]; ok || strings.Contains(fmt.Sprint(told.Params), c.key) {
				t.Errorf("parameters: got %v, want no key among them", told.Params)
			}
		})
	}
}

// Every failure has a status that KAZOO takes for a failure: not 200 or 206, no redirection, and no Retry-After with
// 503, for which KAZOO's HTTP client would wait. See docs/kazoo.md.
func TestPivotFailuresLetKazooGoOn(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	answers := func(number, rest string) {
		s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["`+number+`"]`+rest+`}}`)
	}
	answers("1000", `,"flow":{"module":"function","data":{"id":"`+f+`"}}`)
	answers("1001", `,"flow":{"module":"function","data":{"id":"`+f+
		`"},"children":{"_":{"module":"voicemail","data":{}}}}`)
	answers("1002", "")
	_, numbers := s.pivotKey(t, a, "")
	gone := strings.Repeat("0", 32)
	_, one := s.pivotKey(t, a, f)
	for outcome, want := range map[runs.Outcome]int{
		runs.NotFound: 404, runs.Disabled: 409, runs.Threw: 502, runs.Syntax: 502, runs.NoFlow: 502,
		runs.InvalidFlow: 502,
		runs.Memory:      502, runs.Crashed: 502, runs.TooLarge: 502, runs.Timeout: 504, runs.Refused: 503,
		runs.EngineDown: 503,
	} {
		s.runner.broken = outcome
		for _, path := range []string{"/functions/" + f + "/pivot?To=1&key=" + one, "/pivot?To=1000&key=" + numbers} {
			r := s.must(t, want, "GET", a.path(path), "", "")
			if r.env["message"] != "function_failed" || r.at("data", "outcome") != string(outcome) ||
				r.header.Get("Retry-After") != "" {
				t.Errorf("%s: got %s %v, want function_failed with the outcome and no Retry-After", outcome, r.raw, r.header)
			}
		}
		// If the callflow itself continues, that is the flow.
		if r := s.must(t, 200, "GET", a.path("/pivot?To=1001&key="+numbers), "", ""); r.at("module") != "voicemail" {
			t.Errorf("%s: got %s, want the callflow's own voicemail", outcome, r.raw)
		}
	}
	s.runner.broken = ""
	s.must(t, 404, "GET", a.path("/pivot?To=1003&key="+numbers), "", "")
	s.must(t, 404, "GET", a.path("/pivot?key="+numbers), "", "")
	s.must(t, 502, "GET", a.path("/pivot?To=1002&key="+numbers), "", "")
	s.must(t, 401, "GET", a.path("/functions/"+gone+"/pivot?To=1&key="+one), "", "")
	s.must(t, 400, "POST", a.path("/pivot?key="+numbers), "", `{"To":`)
	s.must(t, 400, "POST", a.path("/pivot?key="+numbers), "", `["To"]`)
	s.must(t, 415, "POST", a.path("/pivot?key="+numbers), "", `<To/>`, "Content-Type: text/xml")
	s.must(t, 413, "POST", a.path("/pivot?key="+numbers), "", `{"To":"`+strings.Repeat("1", 300<<10)+`"}`)
	s.must(t, 413, "POST", a.path("/pivot?key="+numbers), "", strings.Repeat(" ", 2<<20))
	s.must(t, 405, "PUT", a.path("/pivot?key="+numbers), "", "")
}

// A key works for its endpoint only, sent in any way. A key that was revoked, disabled or deleted works for nothing.
func TestPivotKeys(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	g := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1000"],"flow":{"module":"hangup",`+
		`"data":{}}}}`)
	oneID, one := s.pivotKey(t, a, f)
	_, numbers := s.pivotKey(t, a, "")
	_, foreign := s.pivotKey(t, b, "")

	target := a.path("/functions/" + f + "/pivot")
	s.must(t, 200, "GET", target+"?key="+one, "", "")
	for name, credentials := range map[string]string{
		"password": "kazoo:" + one + "@", "user": one + "@",
		"user with colon": one + ":@",
	} {
		request := httptest.NewRequest("GET", target+"?To=1", nil)
		at, _ := url.Parse("http://" + credentials + "callfn/")
		password, _ := at.User.Password()
		request.SetBasicAuth(at.User.Username(), password)
		if r := s.send(t, request); r.status != 200 {
			t.Errorf("as %s: got %d %s, want 200", name, r.status, r.raw)
		}
	}
	s.must(t, 200, "GET", target, "", "", "Authorization: Bearer "+one)

	for path, keys := range map[string][]string{
		target: {
			"", numbers, foreign, one[:len(one)-1], one + "0", strings.ToUpper(one), oneID,
			oneID + "." + strings.Repeat("0", 64), a.key, a.token,
		},
		a.path("/functions/" + g + "/pivot"):                       {one, numbers},
		a.path("/pivot"):                                           {one, foreign},
		b.path("/pivot"):                                           {one, numbers},
		b.path("/functions/" + f + "/pivot"):                       {one},
		"/v2/accounts/" + strings.Repeat("0", 32) + "/pivot":       {numbers},
		"/v2/accounts/_design%2Faccounts/pivot":                    {numbers},
		a.path("/functions/_design%2Ffunctions/pivot"):             {one},
		a.path("/functions/" + strings.ToUpper(f[:31]) + "/pivot"): {one},
	} {
		for _, key := range keys {
			s.clock.Advance(failureReturns)
			if r := s.must(t, 401, "GET", path+"?To=1000&key="+url.QueryEscape(key), "",
				""); r.env["message"] != "invalid_credentials" {
				t.Errorf("got %s, want invalid_credentials", r.raw)
			}
		}
	}
	// A key is not a token.
	for _, path := range []string{a.path("/functions"), a.path("/pivot/keys"), "/v2/token_auth"} {
		s.must(t, 401, "GET", path, one, "")
		s.must(t, 401, "GET", path+"?auth_token="+one, "", "")
	}

	// The stored and the shown part of a key do not work as a key.
	listed := s.must(t, 200, "GET", a.path("/pivot/keys"), a.token, "")
	shown := s.must(t, 200, "GET", a.path("/pivot/keys/"+oneID), a.token, "")
	secret := one[33:]
	if strings.Contains(listed.raw+shown.raw+s.dump(t), secret) || len(listed.items()) != 2 ||
		shown.at("data", "function") != f || shown.at("data", "path") != target {
		t.Errorf("got %s\n%s, want the endpoint listed and shown with its function and path", listed.raw, shown.raw)
	}
	if strings.Contains(s.log.String(), secret) || strings.Contains(s.log.String(), numbers[33:]) {
		t.Error("the log: got a key in it, want none")
	}

	s.must(t, 200, "DELETE", a.path("/pivot/keys/"+oneID), a.token, "")
	s.must(t, 401, "GET", target+"?key="+one, "", "")
	s.must(t, 200, "GET", a.path("/pivot?To=1000&key="+numbers), "", "")
	admin := s.login(t, masterKey)
	s.must(t, 200, "PATCH", a.path(""), admin, `{"data":{"enabled":false}}`)
	s.must(t, 401, "GET", a.path("/pivot?To=1000&key="+numbers), "", "")
	s.must(t, 200, "PATCH", a.path(""), admin, `{"data":{"enabled":true}}`)
	s.must(t, 200, "GET", a.path("/pivot?To=1000&key="+numbers), "", "")
	s.must(t, 200, "DELETE", a.path(""), admin, "")
	s.must(t, 401, "GET", a.path("/pivot?To=1000&key="+numbers), "", "")
}

func TestPivotKeysAreChecked(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	foreign := s.must(t, 201, "PUT", b.path("/functions"), b.token, hello).id()
	for body, field := range map[string]string{
		`{"data":{"function":"` + foreign + `"}}`: "function",
		`{"data":{"function":"x"}}`:               "function",
		`{"data":{"name":""}}`:                    "name",
		`{"data":{"key":"mine"}}`:                 "key",
		`{"data":{"number":"1000"}}`:              "number",
	} {
		r := s.do(t, "PUT", a.path("/pivot/keys"), a.token, body)
		if r.status != 400 || r.at("data", field) == nil {
			t.Errorf("%s: got %d %s, want 400 at %s", body, r.status, r.raw, field)
		}
	}
}

// Functions deeper in the flow get their own addresses, with a ticket that ends with the key.
func TestPivotAddressesDeeperFunctions(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) { c.PublicURL = "https://fn.example" })
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	g := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1000"],"flow":{"module":"collect_dtmf",`+
		`"data":{},"children":{"_":{"module":"function","data":{"id":"`+f+
		`"},"children":{"_":{"module":"hangup","data":{}}}}}}}}`)
	made := s.must(t, 201, "PUT", a.path("/pivot/keys"), a.token, `{"data":{"name":"x"}}`)
	key, _ := made.at("data", "key").(string)
	if want := "https://fn.example/v2/accounts/" + a.id + "/pivot?key=" + key; made.at("data", "voice_url") != want {
		t.Errorf("voice_url %v, want %s", made.at("data", "voice_url"), want)
	}
	r := s.must(t, 200, "GET", a.path("/pivot?To=1000&key="+key), "", "")
	node, _ := r.at("children", "_").(map[string]any)
	data, _ := node["data"].(map[string]any)
	address, _ := data["voice_url"].(string)
	ticketed, err := url.Parse(address)
	if err != nil || ticketed.Host != "fn.example" || ticketed.Path != a.path("/functions/"+f+"/pivot") ||
		node["module"] != "pivot" {
		t.Fatalf("got the node %v, %v, want a pivot node", node, err)
	}
	if want := map[string]any{
		"voice_url": address, "method": "post", "req_format": "kazoo", "req_body_format": "json",
		"debug": false,
	}; !cmp.Equal(want, data) {
		t.Error(cmp.Diff(want, data))
	}
	ticket := ticketed.Query().Get("key")
	s.must(t, 200, "POST", ticketed.RequestURI(), "", kazooJSON)
	for _, path := range []string{a.path("/functions/" + g + "/pivot"), a.path("/pivot")} {
		s.must(t, 401, "GET", path+"?To=1000&key="+ticket, "", "")
	}
	s.must(t, 401, "GET", ticketed.Path+"?key="+ticket[:40]+"9"+ticket[41:], "", "")
	s.clock.Advance(25 * time.Hour)
	s.must(t, 401, "GET", ticketed.RequestURI(), "", "")
	fresh := s.must(t, 200, "GET", a.path("/pivot?To=1000&key="+key), "", "").at("children", "_", "data",
		"voice_url").(string)
	fresh = strings.TrimPrefix(fresh, "https://fn.example")
	s.must(t, 200, "GET", fresh, "", "")
	s.must(t, 200, "DELETE", a.path("/pivot/keys/"+made.id()), s.login(t, a.key), "")
	s.must(t, 401, "GET", fresh, "", "")
}

// One KAZOO sends requests for many accounts. Failures of its address block guesses, but not valid keys. A key that
// sends too many requests is told so.
func TestPivotRateLimits(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	s.must(t, 201, "PUT", b.path("/callflows"), b.token, `{"data":{"numbers":["1000"],"flow":{"module":"hangup",`+
		`"data":{}}}}`)
	_, good := s.pivotKey(t, b, "")
	_, unused := s.pivotKey(t, b, "")
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.RateLimit{PerSecond: 1, Burst: 5} })
	s.must(t, 200, "GET", b.path("/pivot?To=1000&key="+good), "", "")
	statuses := map[int]int{}
	for i := range 50 {
		statuses[s.do(t, "GET", a.path(fmt.Sprintf("/pivot?To=1000&key=%032x.%064x", i, i)), "", "").status]++
	}
	if statuses[401] != 30 || statuses[429] != 20 {
		t.Errorf("guesses: got %v, want 401 thirty times and 429 twenty times", statuses)
	}
	s.must(t, 429, "GET", b.path("/pivot?To=1000&key="+unused), "", "") // never verified: it might be a guess
	for range 4 {
		s.must(t, 200, "GET", b.path("/pivot?To=1000&key="+good), "", "")
	}
	s.must(t, 429, "GET", b.path("/pivot?To=1000&key="+good), "", "")
	s.clock.Advance(2 * time.Second)
	s.must(t, 200, "GET", b.path("/pivot?To=1000&key="+good), "", "")
}

// A changed time zone applies to calls within half a minute.
func TestPivotInTheAccountsTimeZone(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	_, key := s.pivotKey(t, a, f)
	zone := func() string {
		s.must(t, 200, "GET", a.path("/functions/"+f+"/pivot?To=1&key="+key), "", "")
		return s.runner.last.TimeZone
	}
	if got := zone(); got != "UTC" {
		t.Errorf("nobody has a zone: got %s, want UTC", got)
	}
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"timezone":"Asia/Tokyo"}}`)
	for range 4 {
		s.clock.Advance(10 * time.Second)
		zone()
	}
	if got := zone(); got != "Asia/Tokyo" {
		t.Errorf("half a minute later: got %s, want Asia/Tokyo", got)
	}
}

// While the datastore does not answer, calls with recently verified keys continue; others get the reason.
func TestPivotDuringAnOutage(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	_, known := s.pivotKey(t, a, f)
	_, fresh := s.pivotKey(t, a, f)
	_, numbers := s.pivotKey(t, a, "")
	down := &unreachable{Resolver: s.cfg.Datastores, name: datastore.Accounts}
	s.rewire(t, func(c *crossbar.Config) {
		c.Datastores = down
		c.Accounts = account.NewStore(account.Config{Datastores: down, Random: rand.Reader, Now: s.clock.Now})
	})
	target := a.path("/functions/" + f + "/pivot?To=1&key=")
	s.must(t, 200, "GET", target+known, "", "")
	down.down.Store(true)
	s.must(t, 200, "GET", target+known, "", "")
	s.must(t, 401, "GET", target+known[:33]+strings.Repeat("0", 64), "", "")
	s.must(t, 401, "GET", a.path("/pivot?To=1&key="+known), "", "")
	for _, key := range []string{fresh, numbers} {
		if r := s.must(t, 503, "GET", target+key, "", ""); r.env["message"] != "datastore_unreachable" ||
			r.header.Get("Retry-After") != "" {
			t.Errorf("got %s %v, want datastore_unreachable and no Retry-After", r.raw, r.header)
		}
	}
	s.clock.Advance(61 * time.Minute)
	s.must(t, 503, "GET", target+known, "", "")
	down.down.Store(false)
	s.must(t, 200, "GET", target+known, "", "")
	// A key that was revoked before the outage does not come back with it.
	s.must(t, 200, "DELETE", a.path("/pivot/keys/"+known[:32]), s.login(t, a.key), "")
	down.down.Store(true)
	s.must(t, 503, "GET", target+known, "", "")
}

// flowOf returns a flow with the defaults of its modules' schemas.
func flowOf(t *testing.T, text string) map[string]any {
	t.Helper()
	var flow map[string]any
	if err := json.Unmarshal([]byte(text), &flow); err != nil {
		t.Fatal(err)
	}
	return flow
}
