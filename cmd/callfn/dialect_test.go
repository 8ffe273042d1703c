package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// oldEngine is a CouchDB whose engine reports that it does not parse the given syntax.
func oldEngine(t *testing.T, lacks string) (address string) {
	t.Helper()
	node := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	to, err := url.Parse(node.couch)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_show/dialect") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"lacks":[%s]}`, lacks)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return withUser(t, front.URL, "admin", couchPassword)
}

// Syntax that the engine of calls lacks is stored with a warning.
func TestWarnsOfSyntaxThatTheEngineLacks(t *testing.T) {
	address := oldEngine(t, `"logical_assignment","private_name"`)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+address,
		"--database-prefix=t_")
	token := login(t, s.url)
	functions := s.url + "/v2/accounts/" + token.account + "/functions"
	code, body := send(t, "PUT", functions, token.token, `{"data":{"name":"new","function_js":"var a = call.To ?? 1;\n  `+
		`a ??= 2;\nreturn {module: 'noop'};"}}`)
	if code != 201 || !strings.Contains(body, `"warnings":{"function_js":[{`) || !strings.Contains(body, "`??=`") ||
		!strings.Contains(body, `"line":2,"column":5`) || strings.Count(body, "does not know") != 1 {
		t.Errorf(
			`got %d %s, want code 201, %q, %q, %q, 1 times "does not know"`,
			code,
			body,
			`"warnings":{"function_js":[{`,
			"`??=`",
			`"line":2,"column":5`,
		)
	}
	if code, body := send(t, "PUT", functions, token.token,
		`{"data":{"name":"old","function_js":"return {module: 'noop'};"}}`); code != 201 ||
		strings.Contains(body, "warnings") {
		t.Errorf(`got %d %s, want code 201, no "warnings"`, code, body)
	}
	p := s.keyed()
	p.stdin = "class A { #b = 1 }\nreturn {module: 'noop'};"
	if code, out, errs := p.run(t, "functions", "put", "--name=c", "-"); code != exitOK ||
		!strings.Contains(out, "stored") ||
		!strings.Contains(errs, "warning: function_js line 1, column 11: ") {
		t.Errorf(`got %d %s%s, want code %d, "stored", "warning: function_js line 1, column 11: "`, code, out, errs, exitOK)
	}
}

// The embedded node's engine has everything that the checker knows.
func TestOwnEngineLacksNothing(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	token := login(t, s.url)
	body := `{"data":{"name":"n","function_js":"class A { #b = 1; static { } }; var a; a ??= 1n; /a/d.test(''); return ` +
		`{module: 'noop'}"}}`
	code, answer := send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/functions", token.token, body)
	if code != 201 || strings.Contains(answer, "warnings") {
		t.Errorf(`got %d %s, want code 201, no "warnings" in answer`, code, answer)
	}
}
