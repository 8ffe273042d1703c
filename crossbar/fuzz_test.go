package crossbar_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// For any body, the answer is documented and JSON, and never a 500.
func FuzzBody(f *testing.F) {
	s := newStack(f)
	a := s.tenant(f, s.master, "acme")
	for _, body := range []string{
		hello, ``, `{`, `{"data":null}`, `{"data":{"name":1}}`, `{"verb":"DELETE","data":{}}`,
		`{"data":{"numbers":[{},[]]}}`,
		`{"auth_token":{},"data":{}}`, "\ufeff{}", `{"data":{"flow":{"module":"x"},"numbers":["1"]}}`,
		`{"data":{"call":{"a":{"b":[1]}}}}`, `{"data":{"To":{}}}`,
	} {
		f.Add(body, uint8(0))
	}
	targets := []struct{ method, path string }{
		{"PUT", a.path("/functions")},
		{"PUT", a.path("/callflows")},
		{"PUT", a.path("/functions/run")},
		{"PUT", a.path("/simulations")},
		{"PATCH", a.path("")},
		{"PUT", "/v2/accounts"},
		{"PUT", "/v2/api_auth"},
		{"POST", a.path("/functions")},
		{"GET", a.path("/callflows")},
	}
	f.Fuzz(func(t *testing.T, body string, target uint8) {
		at := targets[int(target)%len(targets)]
		request := httptest.NewRequest(at.method, at.path, strings.NewReader(body))
		request.Header.Set("X-Auth-Token", a.token)
		begun := time.Now()
		documented(t, s.serve(t, request))
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s %s: got an answer after %v, want it within 5 s", at.method, at.path, took)
		}
	})
}

// For any path and query, an account only sees its own documents, and a GET changes nothing.
func FuzzPath(f *testing.F) {
	s := newStack(f)
	a, other := s.tenant(f, s.master, "acme"), s.tenant(f, s.master, "other")
	secret := s.must(f, 201, "PUT", other.path("/functions"), other.token,
		`{"data":{"name":"foreign-secret","function_js":"return 1"}}`).id()
	for _, token := range []string{
		secret, "_design%2Ffunctions", "..", "%2e%2e%2f", "%00", "x?start_key=W10",
		"?page_size=1&start_key=" + secret, "?filter_name=x", "%ff", "//", "a/run",
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		target, err := url.ParseRequestURI(a.path("/functions/") + rest)
		if err != nil {
			return // no HTTP server passes such a target on
		}
		request := (&http.Request{
			Method: "GET", URL: target, Header: http.Header{"X-Auth-Token": {a.token}},
			Body: http.NoBody,
		}).WithContext(t.Context())
		r := s.serve(t, request)
		documented(t, r)
		if strings.Contains(r.raw, "foreign-secret") {
			t.Errorf("%q: got another account's function, want none", rest)
		}
	})
}

// documented reports answers that no client may get.
func documented(t *testing.T, r reply) {
	t.Helper()
	if r.status >= 500 || r.status < 200 {
		t.Errorf("got status %d, want one below 500: %s", r.status, r.raw)
	}
	if r.env["status"] != "success" && r.env["status"] != "error" {
		t.Errorf("got %d %q, want an envelope", r.status, r.raw)
	}
}

// For any filter or cursor, an account only sees its own documents and gets a documented answer.
func FuzzQuery(f *testing.F) {
	s := newStack(f)
	a, other := s.tenant(f, s.master, "acme"), s.tenant(f, s.master, "other")
	s.must(f, 201, "PUT", a.path("/functions"), a.token, hello)
	s.must(f, 201, "PUT", other.path("/functions"), other.token,
		`{"data":{"name":"foreign-secret","function_js":"return 1"}}`)
	theirs, _ := s.must(f, 200, "GET", other.path("/functions"), other.token, "").env["start_key"].(string)
	for _, query := range []string{
		"start_key=" + theirs, "end_key=" + theirs, "start_key=W10", "end_key=bnVsbA",
		"start_key=%00&ascending=true", "filter_name=[", "filter_a.b.c=1",
		"filter_not_=", "has_key=.", "has_value=..", "created_from=1e99", "modified_to=-9223372036854775809", "page_size=-1",
		"page_size=99999999999999999999", "paginate=false&include=function_js",
		"filter_name=[[1]]", "filter_pvt_account_id=" + other.id, "descending=maybe&ascending=perhaps", "%zz&page_size=%",
		"start_key[]=1", "start_key=" + strings.Repeat("W", 5000),
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, name := range []string{"/functions", "/callflows", "/users", "/descendants"} {
			request := (&http.Request{
				Method: "GET", URL: &url.URL{Path: a.path(name), RawQuery: query},
				Header: http.Header{"X-Auth-Token": {a.token}}, Body: http.NoBody,
			}).WithContext(t.Context())
			r := s.serve(t, request)
			documented(t, r)
			if strings.Contains(r.raw, "foreign-secret") || strings.Contains(r.raw, "\"other\"") {
				t.Errorf("%q: got %s, want nothing of the other account", query, r.raw)
			}
		}
	})
}
