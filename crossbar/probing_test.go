package crossbar_test

import (
	"net/http"
	"strings"
	"testing"
)

// Outside the token's subtree every account path answers 403, whether or not the account exists. Inside it, absent,
// deleted, foreign and malformed ids answer the same 404.
func TestNothingCanBeProbed(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	parent := s.tenant(t, s.master, "parent")
	self := s.tenant(t, parent.id, "self")
	gone := s.tenant(t, parent.id, "gone")
	s.must(t, 200, "DELETE", "/v2/accounts/"+gone.id, admin, "")

	nobody := strings.Repeat("0", 32)
	for _, path := range []string{
		parent.id, s.master, gone.id, nobody, "x", "..", "%2e%2e", "%00", "_design%2Faccounts",
		strings.Repeat("a", 10000), "%ff",
	} {
		for _, rest := range []string{"", "/functions", "/functions/" + nobody, "/api_key", "/children"} {
			r := s.do(t, "GET", "/v2/accounts/"+path+rest, self.token, "")
			if r.status != 403 || r.env["message"] != "forbidden" || len(r.data()) != 1 {
				t.Errorf("%.60s%s: got %d %.200s, want 403 forbidden and nothing else", path, rest, r.status, r.raw)
			}
		}
	}
	if r := s.do(t, "GET", "/v2/accounts/"+gone.id, parent.token, ""); r.status != 404 {
		t.Errorf("a deleted account below the caller: got %d %s, want 404", r.status, r.raw)
	}
	if r := s.do(t, "GET", "/v2/accounts/"+nobody, admin, ""); r.status != 404 {
		t.Errorf("an absent account for the superduper admin: got %d %s, want 404", r.status, r.raw)
	}

	mine := s.must(t, 201, "PUT", self.path("/functions"), self.token, hello).id()
	deleted := s.must(t, 201, "PUT", self.path("/functions"), self.token, hello).id()
	s.must(t, 200, "DELETE", self.path("/functions/"+deleted), self.token, "")
	foreign := s.must(t, 201, "PUT", parent.path("/functions"), parent.token, hello).id()
	callflow := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
		`{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{}}}}`).id()
	s.must(t, 200, "GET", self.path("/functions/"+mine), self.token, "")

	before := s.dump(t)
	for _, id := range []string{
		nobody, deleted, foreign, callflow, self.id, "x", "..", "%2e%2e", "_design%2Ffunctions",
		"_design/functions"[:7], "%00", "%0d%0a",
		strings.ToUpper(mine), mine + "%20", mine + "%00", "%ff%fe", strings.Repeat("a", 10000), "..%2f..%2faccounts%2f" +
			self.id, "__proto__",
	} {
		for _, verb := range []string{"GET", "POST", "PATCH", "DELETE"} {
			body := ""
			if verb == "POST" || verb == "PATCH" {
				body = hello
			}
			r := s.do(t, verb, self.path("/functions/"+id), self.token, body)
			if r.status != 404 || r.env["message"] != "bad_identifier" || r.at("data", "message") != "bad identifier" ||
				r.at("data", "cause") == nil {
				t.Errorf("%s %.80s: got %d %.200s, want 404 bad_identifier with a cause", verb, id, r.status, r.raw)
			}
			if len(r.raw) > 2000 {
				t.Errorf("%s %.80s: got an answer of %d bytes, want 2000 at most", verb, id, len(r.raw))
			}
		}
		if r := s.do(t, "PUT", self.path("/functions/"+id+"/run"), self.token, ""); r.status != 404 {
			t.Errorf("run %.80s: got %d %.200s, want 404", id, r.status, r.raw)
		}
	}
	if after := s.dump(t); after != before {
		t.Errorf("want nothing changed, got\n%s", difference(before, after))
	}
	if s.runner.runs != 0 {
		t.Errorf("runs: got %d, want none", s.runner.runs)
	}
}

// An unknown verb of a path answers 405 with Allow, before anything is known about the caller.
func TestVerbsOfEveryPath(t *testing.T) {
	s := newStack(t)
	verbs := map[string]map[string]bool{}
	for _, route := range s.api.Routes() {
		if verbs[route.Path] == nil {
			verbs[route.Path] = map[string]bool{}
		}
		verbs[route.Path][route.Method] = true
	}
	for path, known := range verbs {
		for _, verb := range []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} {
			if known[verb] {
				continue
			}
			r := s.do(t, verb, path, "", "")
			if r.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d, want 405", verb, path, r.status)
			}
			allow := strings.Split(r.header.Get("Allow"), ", ")
			if len(allow) != len(known)+1 || allow[0] != "OPTIONS" {
				t.Errorf("%s %s: got Allow %q, want OPTIONS and %d verbs", verb, path, allow, len(known))
			}
		}
		if r := s.do(t, "OPTIONS", path, "", ""); r.status != 200 {
			t.Errorf("OPTIONS %s: got %d, want 200", path, r.status)
		}
	}
}
