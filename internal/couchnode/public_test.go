package couchnode_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callfn/internal/couchnode"
)

func TestPublicMustBeSafe(t *testing.T) {
	n := openNode(t)
	creds := &couchnode.Credentials{User: "u", Password: "p"}
	for _, c := range []struct {
		listen string
		creds  *couchnode.Credentials
		ok     bool
	}{
		{"127.0.0.1:5984", nil, true},
		{"127.3.4.5:5984", nil, true},
		{"localhost:5984", nil, true},
		{"[::1]:5984", nil, true},
		{"0.0.0.0:5984", nil, false},
		{":5984", nil, false},
		{"[::]:5984", nil, false},
		{"192.0.2.1:5984", nil, false},
		{"example.org:5984", nil, false},
		{"127.0.0.1", nil, false},
		{"0.0.0.0:5984", creds, true},
		{"127.0.0.1:5984", &couchnode.Credentials{User: "u"}, false},
		{"127.0.0.1:5984", &couchnode.Credentials{Password: "p"}, false},
		{"127.0.0.1:5984", &couchnode.Credentials{User: "u:v", Password: "p"}, false},
	} {
		if _, err := couchnode.Public(n, couchnode.PublicConfig{
			Listen:      c.listen,
			Credentials: c.creds,
		}); (err == nil) != c.ok {
			t.Errorf("%s with %v: got error %v, want it taken: %t", c.listen, c.creds, err, c.ok)
		}
	}
}

// Who may do what, without and with credentials. The handler gets requests as from a server, because no proper client
// sends some of them.
func TestPublicMatrix(t *testing.T) {
	n, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/functions", nil)
	mustCall(t, client, "PUT", "http://node/accounts", nil)
	mustCall(t, client, "PUT", "http://node/accounts/secret", map[string]any{"key": "hidden-value"})
	mustCall(t, client, "PUT", "http://node/functions/_design/d", map[string]any{"shows": map[string]any{
		"s": "function(doc, req) { return {json: {form: req.form, headers: req.headers, user: req.userCtx.name}}; }",
	}})
	open, err := couchnode.Public(n, couchnode.PublicConfig{Listen: "127.0.0.1:5984"})
	if err != nil {
		t.Fatal(err)
	}
	locked, err := couchnode.Public(n, couchnode.PublicConfig{
		Listen:      "0.0.0.0:5984",
		Credentials: &couchnode.Credentials{User: "admin", Password: "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	type field = [2]string
	auth := field{"Authorization", "Basic YWRtaW46c2VjcmV0"}
	wrong := field{"Authorization", "Basic YWRtaW46d3Jvbmc="}
	jsonType := field{"Content-Type", "application/json"}
	formType := field{"Content-Type", "application/x-www-form-urlencoded"}
	for _, c := range []struct {
		name         string
		handler      http.Handler
		method, path string
		host         string
		header       []field
		body         string
		want         int
		wantText     string
	}{
		{"welcome", open, "GET", "/", "127.0.0.1:5984", nil, "", 200, "Welcome"},
		{"alive", open, "GET", "/_up", "localhost:5984", nil, "", 200, "ok"},
		{"functions", open, "GET", "/functions", "127.0.0.1:5984", nil, "", 200, "functions"},
		{"functions by IPv6", open, "GET", "/functions", "[::1]:5984", nil, "", 200, "functions"},
		{"put", open, "PUT", "/functions/c", "127.0.0.1:5984", []field{jsonType}, "{}", 403, "--couch-user"},
		{
			"put a design document", open, "PUT", "/functions/_design/x", "127.0.0.1:5984",
			[]field{jsonType},
			`{"validate_doc_update":"function() {}"}`, 403, "can only be read",
		},
		{"delete", open, "DELETE", "/functions/_design/d?rev=1-x", "127.0.0.1:5984", nil, "", 403, "can only be read"},
		{
			"post a document", open, "POST", "/functions", "127.0.0.1:5984",
			[]field{jsonType},
			`{"_id":"c"}`, 403,
			"can only be read",
		},
		{
			"post many", open, "POST", "/functions/_bulk_docs", "127.0.0.1:5984",
			[]field{jsonType},
			`{"docs":[{"_id":"c"}]}`,
			403, "can only be read",
		},
		{
			"a checkpoint", open, "PUT", "/functions/_local/x", "127.0.0.1:5984",
			[]field{jsonType},
			"{}", 403,
			"can only be read",
		},
		{"purge", open, "POST", "/functions/_purge", "127.0.0.1:5984", []field{jsonType}, "{}", 403, "can only be read"},
		{
			"copy", open, "COPY", "/functions/_design%2Fd", "127.0.0.1:5984",
			[]field{{"Destination", "c"}},
			"", 403,
			"can only be read",
		},
		{
			"a name that ends like a reading one", open, "PUT", "/functions/_all_docs", "127.0.0.1:5984",
			[]field{jsonType},
			"{}", 403, "can only be read",
		},
		{
			"ask by post", open, "POST", "/functions/_all_docs", "127.0.0.1:5984",
			[]field{jsonType},
			`{"keys":["c"]}`, 200,
			"not_found",
		},
		{
			"ask for revisions", open, "POST", "/functions/_revs_diff", "127.0.0.1:5984",
			[]field{jsonType},
			`{"c":["1-x"]}`,
			200, "missing",
		},
		{"put with credentials", locked, "PUT", "/functions/a", "x:5984", []field{auth, jsonType}, "{}", 201, ""},
		{
			"put with a charset", locked, "PUT", "/functions/b", "x:5984",
			[]field{auth, {"Content-Type", "application/json; charset=utf-8"}},
			"{}", 201, "",
		},
		{
			"post with credentials", locked, "POST", "/functions/_bulk_docs", "x:5984",
			[]field{auth, jsonType},
			`{"docs":[]}`,
			201, "",
		},
		{"show by GET", open, "GET", "/functions/_design/d/_show/s", "127.0.0.1:5984", nil, "", 200, ""},
		{
			"show by form", open, "POST", "/functions/_design/d/_show/s", "127.0.0.1:5984",
			[]field{formType},
			"a=1", 200,
			`"a":"1"`,
		},
		{
			"show by form, other spelling", open, "POST", "/functions/_design%2Fd/_show/s", "127.0.0.1:5984",
			[]field{formType},
			"a=1", 200, `"a":"1"`,
		},

		{"another database", open, "GET", "/accounts/secret", "127.0.0.1:5984", nil, "", 403, ""},
		{"another database, escaped", open, "GET", "/%61ccounts/secret", "127.0.0.1:5984", nil, "", 403, ""},
		{"another database, with slashes", open, "GET", "//accounts//secret", "127.0.0.1:5984", nil, "", 403, ""},
		{"another database, by a way out", open, "GET", "/functions/../accounts/secret", "127.0.0.1:5984", nil, "", 404, ""},
		{"list of databases", open, "GET", "/_all_dbs", "127.0.0.1:5984", nil, "", 403, ""},
		{"make a database", open, "PUT", "/other", "127.0.0.1:5984", nil, "", 403, ""},
		{"delete the database", open, "DELETE", "/functions", "127.0.0.1:5984", nil, "", 403, ""},
		{"delete the database, with a slash", open, "DELETE", "/functions/", "127.0.0.1:5984", nil, "", 403, ""},
		{"secure the database", open, "PUT", "/functions/_security", "127.0.0.1:5984", []field{jsonType}, "{}", 403, ""},

		{"rebound name", open, "GET", "/functions", "evil.example:5984", nil, "", 403, ""},
		{"wrong port", open, "GET", "/functions", "127.0.0.1:80", nil, "", 403, ""},
		{"no port", open, "GET", "/functions", "127.0.0.1", nil, "", 403, ""},
		{"no host", open, "GET", "/functions", "", nil, "", 403, ""},
		{"look-alike", open, "GET", "/functions", "127.0.0.1.evil.example:5984", nil, "", 403, ""},
		{"origin", open, "GET", "/functions", "127.0.0.1:5984", []field{{"Origin", "http://evil.example"}}, "", 403, ""},
		{
			"own origin", open, "GET", "/functions", "127.0.0.1:5984",
			[]field{{"Origin", "http://127.0.0.1:5984"}},
			"", 403,
			"",
		},
		{"null origin", open, "POST", "/functions", "127.0.0.1:5984", []field{{"Origin", "null"}, jsonType}, "{}", 403, ""},
		{
			"image of another site", open, "GET", "/functions/_design/d/_show/s", "127.0.0.1:5984",
			[]field{{"Sec-Fetch-Site", "cross-site"}},
			"", 403, "",
		},
		{
			"typed into a browser", open, "GET", "/functions", "127.0.0.1:5984",
			[]field{{"Sec-Fetch-Site", "none"}},
			"", 200,
			"",
		},
		{
			"simple request with text", open, "POST", "/functions", "127.0.0.1:5984",
			[]field{{"Content-Type", "text/plain"}},
			"{}", 415, "",
		},
		{
			"simple request with a form", open, "POST", "/functions/_bulk_docs", "127.0.0.1:5984",
			[]field{formType},
			"{}", 415,
			"",
		},
		{"simple request without a type", open, "POST", "/functions", "127.0.0.1:5984", nil, "{}", 415, ""},
		{"put that is no JSON", open, "PUT", "/functions/c", "127.0.0.1:5984", []field{formType}, "{}", 415, ""},
		{
			"preflight", open, "OPTIONS", "/functions", "127.0.0.1:5984",
			[]field{{"Origin", "http://evil.example"}},
			"", 403,
			"",
		},

		{"no credentials", locked, "GET", "/", "x:5984", nil, "", 401, ""},
		{"wrong password", locked, "GET", "/functions", "x:5984", []field{wrong}, "", 401, ""},
		{"everything", locked, "GET", "/accounts/secret", "x:5984", []field{auth}, "", 200, "hidden-value"},
		{"make a database with credentials", locked, "PUT", "/other", "x:5984", []field{auth}, "", 201, ""},
		{
			"origin with credentials", locked, "GET", "/accounts/secret", "x:5984",
			[]field{auth, {"Origin", "http://evil.example"}},
			"", 403, "",
		},
		{"form with credentials", locked, "POST", "/functions/_bulk_docs", "x:5984", []field{auth, formType}, "{}", 415, ""},
		{
			"cookie session", locked, "POST", "/_session", "x:5984",
			[]field{auth, formType},
			"name=admin&password=secret", 404,
			"",
		},
		{
			"show knows its user", locked, "GET", "/functions/_design/d/_show/s", "x:5984",
			[]field{auth},
			"", 200,
			`"user":"admin"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Host = c.host
			for _, f := range c.header {
				r.Header.Set(f[0], f[1])
			}
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			text := w.Body.String()
			if w.Code != c.want || !strings.Contains(text, c.wantText) {
				t.Errorf("%d %s, want %d with %q", w.Code, text, c.want, c.wantText)
			}
			if c.want >= 400 && strings.Contains(text, "hidden-value") {
				t.Errorf("got %s, want hidden-value hidden", text)
			}
			if strings.Contains(text, "c2VjcmV0") || strings.Contains(text, "Basic ") {
				t.Errorf("got %s, want no credentials in it", text)
			}
			if (c.want == 401) != (w.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("got WWW-Authenticate %q, want it with 401 only", w.Header().Get("WWW-Authenticate"))
			}
		})
	}
	if status, _ := call(t, client, "GET", "http://node/functions/c", nil); status != 404 {
		t.Errorf("a refused write: got status %d, want 404", status)
	}
}
