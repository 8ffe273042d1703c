package crossbar_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
)

// A large body is only parsed for callers who may send it: not for anonymous ones, and not beyond the rate limit. Login
// bodies must be small.
func TestBodiesAreReadLate(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.rewire(t, func(c *crossbar.Config) { c.RateLimit = crossbar.RateLimit{PerSecond: 0.001, Burst: 20} })
	large := `{"data":{"name":"n","function_js":"return 1","x":"` + strings.Repeat("x", 2<<20) + `"}}`
	functions := a.path("/functions")
	send := func(method, path, token, body string) reply {
		request := httptest.NewRequest(method, path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		if token != "" {
			request.Header.Set("X-Auth-Token", token)
		}
		return s.serve(t, request)
	}
	for name, c := range map[string]struct {
		path, token, body string
		status            int
	}{
		"nobody":                      {functions, "", large, 401},
		"a token that does not count": {functions, "x.y.z", large, 401},
		"a login":                     {"/v2/api_auth", "", strings.Replace(large, "name", "api_key", 1), 413},
		"a login by a user":           {"/v2/user_auth", "", large, 413},
		"nobody, broken":              {functions, "", `{"data":` + strings.Repeat("[", 1<<20), 401},
		"nobody, with the token far too late": {
			functions, "", large[:len(large)-1] + `,"auth_token":"` + a.token + `"}`,
			401,
		},
		"whoever may, and it is too much": {functions, a.token, large, 400},
	} {
		if r := send("PUT", c.path, c.token, c.body); r.status != c.status {
			t.Errorf("%s: status %d, want %d: %.300s", name, r.status, c.status, r.raw)
		}
	}
	// A token in the body of a smaller request still counts.
	small := `{"data":{"name":"n","function_js":"return 1"},"auth_token":"` + a.token + `"}`
	if r := send("PUT", functions, "", small); r.status != 201 {
		t.Errorf("a token in the envelope: %d %s, want 201", r.status, r.raw)
	}
	if r := send("PUT", functions, "", `{"data":{"auth_token":"`+a.token+
		`","name":"n","function_js":"return 1"}}`); r.status != 201 {
		t.Errorf("a token in the data: %d %s, want 201", r.status, r.raw)
	}
	// Beyond the rate limit nothing is decoded: an invalid body gives no error about it.
	var last reply
	for range 30 {
		last = send("PUT", functions, a.token, `{"data":`)
	}
	if last.status != 429 {
		t.Errorf("beyond the rate limit: %d %s, want 429", last.status, last.raw)
	}
	if r := send("PUT", functions, "", small); r.status != 429 && r.status != 201 {
		t.Errorf("got %d %s, want 201, or 429 for the rate limit", r.status, r.raw)
	}
	s.clock.Advance(time.Hour)
}

// The number of values in a body is bounded too: its bytes alone would permit 50,000 unknown properties.
func TestValuesOfABodyAreBounded(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	many := func(n int) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, `,"x%d":1`, i)
		}
		return text.String()
	}
	for name, body := range map[string]string{
		"of the callflow": `{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{}}` + many(50_000) + `}}`,
		"of a node":       `{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{}` + many(50_000) + `}}}`,
		"of its data": `{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{"skip_module":false` + many(50_000) +
			`}}}}`,
	} {
		if r := s.must(t, 400, "PUT", a.path("/callflows"), a.token, body); !strings.Contains(r.raw,
			"more than 50000 values") {
			t.Errorf("properties %s: %.300s, want the bound named", name, r.raw)
		}
	}
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{}}`+
		many(15_000)+`}}`)
}

// A path below the last segment of a route is not a route, with any method, and no id contains a slash.
func TestPathsBelowALeaf(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", a.path("/menus"), a.token, `{"data":{"name":"m"}}`).id()
	for _, path := range []string{
		a.path("/menus/" + id + "/x"), a.path("/menus/" + id + "/x/y"), a.path("/users/" + id + "/nothing"),
		a.path("/functions/" + id + "/x/y/z"),
		"/v2/schemas/functions/x", "/v2/modules/functions/x",
	} {
		for _, method := range []string{"GET", "PUT", "POST", "PATCH", "DELETE"} {
			request := httptest.NewRequest(method, path, strings.NewReader(`{"data":{}}`))
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("X-Auth-Token", a.token)
			r := s.serve(t, request)
			if r.status != 404 || r.env["message"] != "not_found" || strings.Contains(r.raw, "/x") {
				t.Errorf("%s %s: %d %s, want 404 not_found", method, path, r.status, r.raw)
			}
		}
	}
	// A slash within a segment is written %2F.
	if r := s.do(t, "GET", a.path("/menus/a%2Fb"), a.token, ""); r.status != 404 || r.at("data", "cause") != "a/b" {
		t.Errorf("an id with a slash: %d %s, want bad_identifier a/b", r.status, r.raw)
	}
}
