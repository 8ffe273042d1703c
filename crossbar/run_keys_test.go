package crossbar_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/function"
)

// runKey makes a key for a function.
func (s *stack) runKey(t testing.TB, a tenant, f, more string) (id, key string) {
	t.Helper()
	r := s.must(t, 201, "PUT", a.path("/keys"), a.token, `{"data":{"function":"`+f+`"`+more+`}}`)
	key, _ = r.at("data", "key").(string)
	if r.at("data", "scope") != "run" || r.at("data", "path") != a.path("/functions/"+f+"/run?result=any") {
		t.Errorf("made: got %s, want scope run and the path that it opens", r.raw)
	}
	return r.id(), key
}

// A run key runs its function for its value. It opens nothing else, as no other key opens what it does, and it dies
// when it is revoked, when it expires, and with its account.
func TestRunKeys(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	g := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	s.user(t, a, "ann", "secret", "admin")
	id, key := s.runKey(t, a, f, `,"name":"billing","owner":"Ann","contact":"ann@acme.example"`)
	_, other := s.runKey(t, a, g, "")
	_, pivot := s.pivotKey(t, a, f)
	target := a.path("/functions/" + f + "/run")
	bearer := func(key string) string { return "Authorization: Bearer " + key }

	r := s.must(t, 201, "PUT", target+"?result=any", "", `{"data":{"params":{"a":1}}}`, bearer(key))
	if told := s.runner.last; r.at("data", "outcome") != "ok" || told.Origin != function.FromAPI || !told.ForValue ||
		told.Params["a"] != "1" || string(told.Account) != a.id || string(told.Function) != f {
		t.Errorf("by key: got %s, the runner was asked %+v, want a run for a value", r.raw, told)
	}
	s.must(t, 201, "PUT", target+"?result=any", "", "",
		"Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("program:"+key)))
	s.must(t, 415, "PUT", target+"?result=any", "", "a=1", bearer(key), "Content-Type: text/plain")
	ran := s.runner.runs
	for _, query := range []string{"", "?result=flow"} { // a rehearsal is not what the key is for
		if r := s.must(t, 403, "PUT", target+query, "", "", bearer(key)); !strings.Contains(r.raw, "?result=any") {
			t.Errorf("%s: got %s, want what to add", query, r.raw)
		}
	}
	for _, c := range []struct{ method, path, header string }{
		{"PUT", target + "?result=any", bearer(other)},
		{"PUT", target + "?result=any", bearer(pivot)},
		{"PUT", target + "?result=any", bearer(key[:len(key)-1] + "0")},
		{"PUT", target + "?result=any&key=" + key, ""},
		{"PUT", target + "?result=any&auth_token=" + key, ""},
		{"PUT", target + "?result=any", "X-Auth-Token: " + key},
		{"PUT", a.path("/functions/" + g + "/run?result=any"), bearer(key)},
		{"PUT", b.path("/functions/" + f + "/run?result=any"), bearer(key)},
		{"PUT", a.path("/functions/run?result=any"), bearer(key)},
		{"GET", a.path("/functions/" + f), bearer(key)},
		{"GET", a.path("/functions/" + f + "/runs"), bearer(key)},
		{"GET", a.path("/keys"), bearer(key)},
		{"DELETE", a.path("/keys/" + id), bearer(key)},
		{"GET", a.path("/functions/" + f + "/pivot"), bearer(key)},
		{"GET", "/v2/token_auth", bearer(key)},
	} {
		s.clock.Advance(failureReturnsKey)
		s.must(t, 401, c.method, c.path, "", `{"data":{"name":"x"}}`, c.header)
	}
	if s.runner.runs != ran {
		t.Errorf("refused requests: got %d runs of them, want none", s.runner.runs-ran)
	}

	// What is stored and shown of a key does not open anything.
	listed := s.must(t, 200, "GET", a.path("/keys"), a.token, "")
	shown := s.must(t, 200, "GET", a.path("/keys/"+id), a.token, "")
	if strings.Contains(listed.raw+shown.raw+s.dump(t)+s.log.String(), key[33:]) || len(listed.items()) != 2 ||
		shown.at("data", "owner") != "Ann" || shown.at("data", "contact") != "ann@acme.example" {
		t.Errorf("got %s\n%s, want both listed, and the owner, without secrets", listed.raw, shown.raw)
	}
	if !strings.Contains(s.log.String(), "run_key") {
		t.Error("the log: got no word of a run key, want it as the proof of a request")
	}

	s.must(t, 200, "DELETE", a.path("/keys/"+id), a.token, "")
	s.must(t, 401, "PUT", target+"?result=any", "", "", bearer(key))
	end := s.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	_, short := s.runKey(t, a, f, `,"expires":"`+end+`"`)
	s.must(t, 201, "PUT", target+"?result=any", "", "", bearer(short))
	s.clock.Advance(time.Hour)
	s.must(t, 401, "PUT", target+"?result=any", "", "", bearer(short))
	token := s.login(t, masterKey)
	_, last := s.runKey(t, tenant{id: a.id, token: token}, f, "")
	s.must(t, 201, "PUT", target+"?result=any", "", "", bearer(last))
	s.must(t, 200, "PATCH", a.path(""), token, `{"data":{"enabled":false}}`)
	s.must(t, 401, "PUT", target+"?result=any", "", "", bearer(last))
}

// What cannot be a key is refused, and a program that asks too often is told so.
func TestRunKeysAreCheckedAndLimited(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	foreign := s.must(t, 201, "PUT", b.path("/functions"), b.token, hello).id()
	for body, field := range map[string]string{
		`{"data":{}}`:                                                                  "function",
		`{"data":{"function":"x"}}`:                                                    "function",
		`{"data":{"function":"` + foreign + `"}}`:                                      "function",
		`{"data":{"function":"` + f + `","scope":"all"}}`:                              "scope",
		`{"data":{"function":"` + f + `","key":"mine"}}`:                               "key",
		`{"data":{"function":"` + f + `","expires":"tomorrow"}}`:                       "expires",
		`{"data":{"function":"` + f + `","expires":"2001-01-01T00:00:00Z"}}`:           "expires",
		`{"data":{"function":"` + f + `","owner":"` + strings.Repeat("x", 129) + `"}}`: "owner",
	} {
		if r := s.do(t, "PUT", a.path("/keys"), a.token, body); r.status != 400 || r.at("data", field) == nil {
			t.Errorf("%s: got %d %s, want 400 at %s", body, r.status, r.raw, field)
		}
	}
	_, key := s.runKey(t, a, f, "")
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.RateLimit{PerSecond: 1, Burst: 3} })
	for i, want := range []int{201, 201, 201, 429} {
		r := s.do(t, "PUT", a.path("/functions/"+f+"/run?result=any"), "", "", "Authorization: Bearer "+key)
		if r.status != want {
			t.Errorf("request %d: got %d %s, want %d", i, r.status, r.raw, want)
		}
	}
}
