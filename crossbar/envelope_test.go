package crossbar_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/internal/datastore"
)

func TestSuccessEnvelope(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	r := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello, "X-Request-ID: my-id.1")
	for key, want := range map[string]any{
		"status": "success", "request_id": "my-id.1", "timestamp": "2024-03-12T10:00:00Z", "version": "1.2.3",
		"auth_token": a.token,
	} {
		if r.env[key] != want {
			t.Errorf("%s is %v, want %v", key, r.env[key], want)
		}
	}
	if node, _ := r.env["node"].(string); !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(node) {
		t.Errorf("node: got %q, want 22 letters, digits, - or _", node)
	}
	if r.header.Get("X-Request-ID") != "my-id.1" || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("header: got %v, want X-Request-ID my-id.1 and application/json", r.header)
	}
	for _, bad := range []string{"a b", strings.Repeat("x", 200), "<script>", "é"} {
		r = s.do(t, "GET", "/v2/functions", "", "", "X-Request-ID: "+bad)
		if id, _ := r.env["request_id"].(string); !datastore.ValidID(id) {
			t.Errorf("request id for %q: got %q, want one that was made", bad, id)
		}
	}
}

// Every malformed request gets the documented error, and nothing is written.
func TestMalformedRequests(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) { c.BodyLimit = 100_000; c.SourceLimit = 1000; c.ExtraLimit = 2000 })
	a := s.tenant(t, s.master, "acme")
	functions := a.path("/functions")
	item := functions + "/" + s.must(t, 201, "PUT", functions, a.token, hello).id()
	before := s.dump(t)

	for _, tc := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		message                  string
		at                       string // where data must have a member: "name required"
	}{
		{"no JSON", "PUT", functions, `{"data":`, nil, 400, "validation error", "json invalid message"},
		{"two values", "PUT", functions, hello + hello, nil, 400, "validation error", "json invalid target"},
		{
			"a key twice", "PUT", functions, `{"data":{"name":"a","name":"b","function_js":"x"}}`, nil, 400, "validation error",
			"json invalid",
		},
		{"data twice", "PUT", functions, `{"data":{},"data":{}}`, nil, 400, "validation error", "json invalid"},
		{"not UTF-8", "PUT", functions, "{\"data\":{\"name\":\"\xff\"}}", nil, 400, "validation error", "json invalid"},
		{
			"too deep", "PUT", functions, `{"data":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, nil, 400,
			"validation error", "json invalid",
		},
		{"huge number", "PUT", functions, `{"data":{"x":1e999999999}}`, nil, 400, "validation error", "json invalid"},
		{"no object", "PUT", functions, `[1]`, nil, 400, "validation error", "json invalid"},
		{"a string", "PUT", functions, `"data"`, nil, 400, "validation error", "json invalid"},
		{"no data", "PUT", functions, `{}`, nil, 400, "validation error", "data required"},
		{"no body", "PUT", functions, ``, nil, 400, "validation error", "data required"},
		{"blank body", "PUT", functions, "  \n", nil, 400, "validation error", "data required"},
		{"no body for a replacement", "POST", item, ``, nil, 400, "validation error", "data required"},
		{"data null", "PUT", functions, `{"data":null}`, nil, 400, "validation error", "data type"},
		{"data text", "PUT", functions, `{"data":"x"}`, nil, 400, "validation error", "data type target"},
		{"data list", "PUT", functions, `{"data":[1]}`, nil, 400, "validation error", "data type target"},
		{
			"too large", "PUT", functions, `{"data":{"x":"` + strings.Repeat("x", 100_000) + `"}}`, nil, 413, "validation error",
			"file maxSize target",
		},

		{"no properties", "PUT", functions, `{"data":{}}`, nil, 400, "validation error", "name required"},
		{"no properties", "PUT", functions, `{"data":{}}`, nil, 400, "validation error", "function_js required"},
		{"wrong type", "PUT", functions, `{"data":{"name":{},"function_js":"x"}}`, nil, 400, "validation error", "name type"},
		{"null", "PUT", functions, `{"data":{"name":null,"function_js":"x"}}`, nil, 400, "validation error", "name type"},
		{
			"no boolean", "PUT", functions, `{"data":{"name":"n","function_js":"x","enabled":"x"}}`, nil, 400,
			"validation error", "enabled type",
		},
		{
			"empty source", "PUT", functions, `{"data":{"name":"n","function_js":""}}`, nil, 400, "validation error",
			"function_js minLength",
		},
		{
			"long source", "PUT", functions, `{"data":{"name":"n","function_js":"` + strings.Repeat("x", 1001) + `"}}`, nil, 400,
			"validation error", "function_js maxLength target",
		},
		{
			"syntax", "PUT", functions, `{"data":{"name":"n","function_js":"BROKEN"}}`, nil, 400, "validation error",
			"function_js syntax line",
		},
		{
			"syntax in a patch", "PATCH", item, `{"data":{"function_js":"BROKEN"}}`, nil, 400, "validation error",
			"function_js syntax column",
		},
		{
			"language", "PUT", functions, `{"data":{"name":"n","function_js":"x","language_pack":"python"}}`, nil, 400,
			"validation error", "language_pack enum target",
		},
		{"a name that is gone", "PATCH", item, `{"data":{"name":null}}`, nil, 400, "validation error", "name required"},
		{"large extra", "PUT", functions, `{"data":{"name":"n","function_js":"x","extra":"` + strings.Repeat("x", 2001) +
			`"}}`, nil, 400, "validation error", "extra maxSize"},
		{
			"long key", "PUT", functions, `{"data":{"name":"n","function_js":"x","` + strings.Repeat("k", 3000) + `":1}}`, nil,
			400, "validation error", "",
		},
		{
			"many extras", "PUT", functions, `{"data":{"name":"n","function_js":"x","a":"` + strings.Repeat("x", 900) +
				`","b":"` + strings.Repeat("x", 901) + `","c":"` + strings.Repeat("x", 900) + `"}}`, nil, 400, "validation error",
			"b maxSize target",
		},
		{"deep extra", "PUT", functions, `{"data":{"name":"n","function_js":"x","deep":` + strings.Repeat("[", 85) +
			strings.Repeat("]", 85) + `}}`, nil, 400, "validation error", "deep maxDepth target"},

		{
			"unknown type of content", "PUT", functions, hello,
			[]string{"Content-Type: text/csv"},
			415,
			"unsupported_media_type", "message",
		},
		{
			"nonsense type of content", "PUT", functions, hello,
			[]string{"Content-Type: ;;;"},
			415, "unsupported_media_type",
			"message",
		},
		{
			"other charset", "PUT", functions, hello,
			[]string{"Content-Type: application/json; charset=utf-16"},
			415,
			"unsupported_media_type", "",
		},
		{"compressed", "PUT", functions, hello, []string{"Content-Encoding: gzip"}, 415, "unsupported_media_type", ""},
		{"unacceptable", "GET", functions, ``, []string{"Accept: text/html"}, 406, "not_acceptable", "message"},
		{
			"refused JSON", "GET", functions, ``,
			[]string{"Accept: application/json;q=0, text/html"},
			406, "not_acceptable",
			"",
		},

		{"page size of nothing", "GET", functions + "?page_size=0", ``, nil, 404, "faulty_request", "message"},
		{"page size of words", "GET", functions + "?page_size=many", ``, nil, 404, "faulty_request", "message"},
		{"unknown path", "GET", "/v2/nonsense", ``, nil, 404, "not_found", "message"},
		{"unknown path below", "GET", functions + "/x/y/z", ``, nil, 404, "not_found", "message"},
		{"outside the API", "GET", "/favicon.ico", ``, nil, 404, "not_found", "message"},
		{"old version", "GET", "/v1/accounts", ``, nil, 410, "gone", "message"},
		{"new verb", "BREW", functions, ``, nil, 501, "not_implemented", "message"},
		{"old verb", "TRACE", functions, ``, nil, 501, "not_implemented", "message"},
		{"wrong verb", "PUT", item, hello, nil, 405, "invalid_method", "message"},
		{
			"another's revision", "PATCH", item, `{"data":{"a":1}}`,
			[]string{`If-Match: "1-abc"`},
			412, "precondition_failed",
			"message",
		},
		{
			"another's revision deleted", "DELETE", item, ``,
			[]string{`If-Match: "1-abc"`},
			412, "precondition_failed",
			"message",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := s.do(t, tc.method, tc.path, a.token, tc.body, tc.headers...)
			if r.status != tc.status || r.env["error"] != fmt.Sprint(tc.status) || r.env["status"] != "error" ||
				r.env["message"] != tc.message {
				t.Fatalf("got %d %.400s, want %d %s", r.status, r.raw, tc.status, tc.message)
			}
			if path := strings.Fields(tc.at); len(path) > 0 && r.at(append([]string{"data"}, path...)...) == nil {
				t.Errorf("got %.400s, want something at data.%s", r.raw, tc.at)
			}
			if len(r.raw) > 3000 {
				t.Errorf("the answer: got %d bytes, want 3000 at most", len(r.raw))
			}
			if r.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("an error: got Access-Control-Allow-Origin %q, want *, so that pages can read it",
					r.header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
	if after := s.dump(t); after != before {
		t.Errorf("got something written, want nothing:\n%s", difference(before, after))
	}
}

func TestSyntaxErrorIsShownInTheAdminsText(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	r := s.do(t, "PUT", a.path("/functions"), a.token, `{"data":{"name":"n","function_js":"x\n  BROKEN"}}`)
	want := map[string]any{"message": "unexpected token", "line": 2.0, "column": 5.0, "source": "  BROKEN"}
	if diff := cmp.Diff(want, r.at("data", "function_js", "syntax")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	r = s.must(t, 201, "PUT", a.path("/functions"), a.token, `{"data":{"name":"n","function_js":"MODERN"}}`)
	wantWarnings := map[string]any{"function_js": []any{map[string]any{
		"message": "older engines lack ??=", "line": 1.0,
		"column": 1.0,
	}}}
	if diff := cmp.Diff(wantWarnings, r.env["warnings"]); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// Internals appear only in the log.
func TestInternalsStayInside(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for source, want := range map[string]int{"DOWN": 503, "PANIC": 500} {
		before := s.dump(t)
		r := s.do(t, "PUT", a.path("/functions"), a.token, `{"data":{"name":"n","function_js":"`+source+`"}}`)
		if r.status != want || r.env["error"] != fmt.Sprint(want) {
			t.Errorf("%s: got %d %s, want %d", source, r.status, r.raw, want)
		}
		for _, secret := range []string{"secret-path", "goroutine", ".go:"} {
			if strings.Contains(r.raw, secret) {
				t.Errorf("%s: got %s, want nothing of %q", source, r.raw, secret)
			}
		}
		if !strings.Contains(s.log.String(), "secret-path") {
			t.Errorf("%s: got the log %s, want the cause in it", source, s.log)
		}
		if s.dump(t) != before {
			t.Errorf("%s: got something stored, want nothing", source)
		}
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.do(t, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+strings.Repeat("b", 64)+`"}}`)
	s.do(t, "GET", a.path("/functions?auth_token="+a.token+"&page_size=x"), "", "")
	s.do(t, "PUT", a.path("/functions"), a.token, `{"data":{"name":"n","function_js":"PANIC"}}`)
	for _, secret := range []string{a.token, a.key, masterKey, strings.Repeat("b", 64)} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log: got %.20s… in it, want no secret", secret)
		}
	}
}

// A failing datastore gives 503 with the failed operation (docs/reference/kazoo.md#status-codes).
func TestDatastoreFaults(t *testing.T) {
	for _, tc := range []struct {
		name          string
		fault         func(*http.Request) (int, string)
		message, text string
	}{
		{"unreachable", func(*http.Request) (int, string) { return 0, "" }, "datastore_unreachable", "datastore timeout"},
		{
			"no database", func(*http.Request) (int, string) {
				return 404, `{"error":"not_found","reason":"Database does not exist."}`
			},
			"datastore_missing", "data collection missing: database not found",
		},
		{
			"no view", func(*http.Request) (int, string) { return 404, `{"error":"not_found","reason":"missing_named_view"}` },
			"datastore_missing_view", "datastore missing view",
		},
		{
			"wrong password", func(*http.Request) (int, string) { return 401, `{"error":"unauthorized","reason":"hunter2"}` },
			"datastore_fault", "datastore fatal error",
		},
		{"being moved", func(*http.Request) (int, string) {
			return 403, `{"error":"forbidden","reason":"` + datastore.FenceWord + `: write elsewhere"}`
		}, "datastore_unreachable", "the database is being moved: nothing was stored, send it again"},
		{
			"fault", func(*http.Request) (int, string) { return 500, `{"error":"x","reason":"badmatch"}` }, "datastore_fault",
			"datastore fatal error",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStack(t)
			a := s.tenant(t, s.master, "acme")
			broken := &faulty{fault: tc.fault}
			connection, err := datastore.Open(datastore.Config{URL: "http://broken", Transport: broken})
			if err != nil {
				t.Fatal(err)
			}
			s.rewire(t, func(c *crossbar.Config) { c.Datastores = split{s.stores, connection} })
			r := s.do(t, "GET", a.path("/functions"), a.token, "")
			if r.status != 503 || r.env["message"] != tc.message || r.at("data", "message") != tc.text ||
				r.at("data", "cause") == nil {
				t.Errorf("got %d %s, want 503 %s, %q and a cause", r.status, r.raw, tc.message, tc.text)
			}
			for _, secret := range []string{"hunter2", "badmatch", "broken"} {
				if strings.Contains(r.raw, secret) {
					t.Errorf("got %s, want nothing of %q", r.raw, secret)
				}
			}
		})
	}
}

// faulty is a datastore that fails.
type faulty struct {
	fault func(*http.Request) (int, string)
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f.fault(r)
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json")
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// split has functions on a connection of their own.
type split struct {
	stores    datastore.Resolver
	functions *datastore.Connection
}

func (s split) Resolve(database, docType string) (*datastore.Database, error) {
	if database == datastore.Functions {
		return s.functions.Database(database), nil
	}
	return s.stores.Resolve(database, docType)
}

func TestContentTypesReadAsJSON(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for _, kind := range []string{
		"application/json", "application/json; charset=UTF-8", "application/x-json",
		"application/x-www-form-urlencoded", "",
	} {
		if r := s.do(t, "PUT", a.path("/functions"), a.token, hello, "Content-Type: "+kind); r.status != 201 {
			t.Errorf("Content-Type %q: got %d %s, want 201", kind, r.status, r.raw)
		}
	}
	for _, accept := range []string{
		"", "*/*", "application/json", "text/html, application/*;q=0.2",
		"application/json;q=0.5",
	} {
		if r := s.do(t, "GET", a.path("/functions"), a.token, "", "Accept: "+accept); r.status != 200 {
			t.Errorf("Accept %q: got %d %s, want 200", accept, r.status, r.raw)
		}
	}
	if r := s.do(t, "GET", a.path("/functions?accept=application/json"), a.token, "",
		"Accept: text/html"); r.status != 200 {
		t.Errorf("the accept parameter against the header: got %d, want 200", r.status)
	}
}

func TestPrettyPrint(t *testing.T) {
	s := newStack(t)
	if r := s.do(t, "GET", "/v2/functions?pretty_print=true", "", ""); !strings.Contains(r.raw, "\n    \"data\"") {
		t.Errorf("pretty_print: got %.80s, want it indented", r.raw)
	}
	if r := s.do(t, "GET", "/v2/functions", "", "", "X-Pretty-Print: true"); !strings.Contains(r.raw, "\n    \"data\"") {
		t.Errorf("X-Pretty-Print: got %.80s, want it indented", r.raw)
	}
	if r := s.do(t, "GET", "/v2/functions", "", ""); strings.Contains(r.raw, "\n    ") {
		t.Errorf("got %.80s, want it in one line", r.raw)
	}
}

func TestCrossOrigin(t *testing.T) {
	s := newStack(t)
	path := "/v2/accounts/" + s.master + "/functions"
	r := s.must(t, 200, "OPTIONS", path, "", "", "Origin: https://admin.example", "Access-Control-Request-Method: PUT")
	if got := r.header.Get("Access-Control-Allow-Methods"); got != "OPTIONS, GET, PUT, PATCH" {
		t.Errorf("Access-Control-Allow-Methods: got %q, want OPTIONS, GET, PUT, PATCH", got)
	}
	if got := r.header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "x-auth-token") ||
		!strings.Contains(got, "if-match") {
		t.Errorf("Access-Control-Allow-Headers: got %q, want x-auth-token and if-match in it", got)
	}
	if r.header.Get("Access-Control-Allow-Origin") != "*" || r.header.Get("Access-Control-Max-Age") != "86400" ||
		r.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("CORS: got %v, want any origin, for a day, without credentials", r.header)
	}
	if r := s.must(t, 200, "GET", "/v2/functions", "", ""); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without an origin: got Access-Control-Allow-Origin %q, want none",
			r.header.Get("Access-Control-Allow-Origin"))
	}
}

func TestMethodTunnelling(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	functions := a.path("/functions")
	created := s.must(t, 201, "POST", functions+"?verb=put", a.token, hello)
	item := functions + "/" + created.id()
	s.must(t, 200, "POST", item, a.token, `{"verb":"PATCH","data":{"custom":1}}`)
	if got := s.must(t, 200, "GET", item, a.token, "").at("data", "name"); got != "say hi" {
		t.Errorf("after a tunnelled PATCH: got name %v, want %q kept", got, "say hi")
	}
	s.must(t, 200, "POST", item+"?verb=DELETE", a.token, "")
	s.must(t, 404, "GET", item, a.token, "")
	// Only a POST can tunnel, and only to verbs of the path.
	s.must(t, 405, "POST", functions+"?verb=DELETE", a.token, "")
	s.must(t, 405, "DELETE", functions+"?verb=PUT", a.token, hello)
	s.must(t, 405, "POST", functions+"?_method=PUT", a.token, hello, "X-HTTP-Method-Override: PUT")
}

func TestTrailingSlash(t *testing.T) {
	s := newStack(t)
	s.must(t, 200, "GET", "/v2/functions/", "", "")
	s.must(t, 200, "GET", "/v2/", "", "")
}

func TestBannerAndHealth(t *testing.T) {
	failing := false
	s := newStack(t, func(c *crossbar.Config) {
		c.Ready = func(context.Context) error {
			if failing {
				return errors.New("workers at /secret-path do not start")
			}
			return nil
		}
	})
	if r := s.must(t, 200, "GET", "/", "", ""); !strings.Contains(r.raw, "callfn 1.2.3") {
		t.Errorf("banner: got %q, want callfn 1.2.3 in it", r.raw)
	}
	s.must(t, 200, "GET", "/readyz", "", "")
	failing = true
	if r := s.must(t, 503, "GET", "/readyz", "", ""); strings.Contains(r.raw, "secret-path") {
		t.Errorf("got %s, want no internals", r.raw)
	}
	s.must(t, 200, "GET", "/healthz", "", "")

	failing = false
	down := &unreachable{Resolver: s.stores, name: datastore.SystemData}
	s.rewire(t, func(c *crossbar.Config) {
		c.Accounts = account.NewStore(account.Config{Datastores: down, Random: rand.Reader, Now: s.clock.Now})
	})
	down.down.Store(true)
	const want = "not ready: datastore timeout"
	if r := s.must(t, 503, "GET", "/readyz", "", ""); r.at("data", "message") != want ||
		!strings.HasPrefix(fmt.Sprint(r.at("data", "cause")), "system_data") {
		t.Errorf("with the datastore away: got %s, want %q and system_data as the cause", r.raw, want)
	}
}

// A check that was refused because nothing was free says so, and whether the account itself is the cause.
func TestBusyChecks(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for source, want := range map[string]struct {
		status  int
		message string
		text    string
	}{
		"STORM":   {429, "function_engine_busy", "the account has too many functions waiting to run"},
		"CROWDED": {503, "function_engine_busy", "not stored: too many functions are waiting to run; send it again"},
		"DOWN":    {503, "function_engine_unreachable", "could not be checked"},
	} {
		r := s.do(t, "PUT", a.path("/functions"), a.token, `{"data":{"name":"f","function_js":"`+source+`"}}`)
		text := fmt.Sprint(r.at("data", "message"))
		if r.status != want.status || r.env["message"] != want.message || !strings.Contains(text, want.text) ||
			r.header.Get("Retry-After") != "1" {
			t.Errorf("%s: got %d %v %q Retry-After %q, want %d %s with %q and Retry-After 1",
				source, r.status, r.env["message"],
				text, r.header.Get("Retry-After"), want.status, want.message, want.text)
		}
	}
}
