package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// between starts a CouchDB behind a proxy that changes the answers to document writes in the functions database as do
// says.
func between(t *testing.T, do *atomic.Pointer[func(*http.Response) bool]) string {
	t.Helper()
	s := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	u, err := url.Parse(s.couch)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(u)
	through.ModifyResponse = func(resp *http.Response) error {
		if f := do.Load(); f != nil && resp.Request.Method == http.MethodPut && strings.HasPrefix(resp.Request.URL.Path,
			"/t_functions/") && !(*f)(resp) {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	p := httptest.NewServer(through)
	t.Cleanup(p.Close)
	return withUser(t, p.URL, "admin", couchPassword)
}

// If a cluster has lost its majority, or its answer is lost, the client learns that the change may or may not be
// stored. So do the log and the metrics. Nobody is told that it was made.
func TestAWriteThatIsNotConfirmed(t *testing.T) {
	var do atomic.Pointer[func(*http.Response) bool]
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--couchdb-url="+between(t, &do),
		"--database-prefix=t_", "--metrics-listen=127.0.0.1:0")
	token := login(t, s.url)
	put := func() (int, string) {
		return send(t, "PUT", s.url+"/v2/accounts/"+token.account+"/functions", token.token,
			`{"data":{"name":"n","function_js":"return {module: 'noop'}"}}`)
	}
	if code, body := put(); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}
	accepted := func(resp *http.Response) bool {
		resp.StatusCode = http.StatusAccepted
		return true
	}
	do.Store(&accepted)
	if code, body := put(); code != 503 ||
		!strings.Contains(body, "fewer of the cluster's nodes than a majority took the change") {
		t.Errorf("too few copies: %d %s, want 503 that says so", code, body)
	}
	if log := s.errs.String(); !strings.Contains(log, "too few nodes of CouchDB") {
		t.Errorf(`the log does not say so: got %s, want "too few nodes of CouchDB" in it`, log)
	}
	metrics := regexp.MustCompile(`"url":"(http://[^"]+/metrics)"`).FindStringSubmatch(s.errs.String())
	if metrics == nil {
		t.Fatal("got no address of the metrics in the log, want one")
	}
	if _, body := get(t, metrics[1]); !strings.Contains(body, "callfn_datastore_writes_partial_total 1") {
		t.Error("got another callfn_datastore_writes_partial_total than 1, want 1")
	}
	lost := func(*http.Response) bool { return false }
	do.Store(&lost)
	if code, body := put(); code != 503 || !strings.Contains(body, "the change may have been stored") {
		t.Errorf("a lost answer: %d %s, want 503 that says that it may have been stored", code, body)
	}
	do.Store(nil)
	if code, body := put(); code != 201 {
		t.Errorf("afterwards: got %d %s, want code 201", code, body)
	}
}
