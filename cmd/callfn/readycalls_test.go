package main

import (
	"net/http"
	"strings"
	"testing"
)

// A service that takes calls is ready while it can find their callflows: numbers, realms and callflows. One that takes
// none does not look.
func TestReadyForCalls(t *testing.T) {
	_, address := behind(t)
	p := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
	s := serve(t, p, "--couchdb-url="+address, "--database-prefix=t_")
	calls := serve(t, p, "--couchdb-url="+address, "--database-prefix=calls_", "--sip=127.0.0.1:0",
		"--rtp-ports=28000-28999", "--speech-command=none")
	ready := func(s *served, query string, want int, cause string) {
		t.Helper()
		if code, body := get(t, s.url+"/readyz"+query); code != want || !strings.Contains(body, cause) {
			t.Errorf("readyz%s: got %d %s, want %d and %q", query, code, body, want, cause)
		}
	}
	for _, query := range []string{"", "?for=calls"} {
		ready(calls, query, 200, `"ready":true`)
	}
	for _, database := range []string{"t_callflows", "calls_callflows"} {
		req, err := http.NewRequest(http.MethodDelete, address+"/"+database, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("delete %s: got %v, %v; want 200", database, resp, err)
		}
		_ = resp.Body.Close()
	}
	for _, query := range []string{"", "?for=calls"} {
		ready(calls, query, 503, "callflows")
		ready(s, query, 200, `"ready":true`)
	}
}
