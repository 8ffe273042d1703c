package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// refusing is a CouchDB that refuses every password and counts the requests.
func refusing(t *testing.T) (url string, logins *atomic.Int64) {
	t.Helper()
	logins = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, _, ok := r.BasicAuth(); ok {
			logins.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"unauthorized","reason":"Name or password is incorrect."}`)
			return
		}
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, logins
}

// CouchDB locks a user out after five failed logins. Two runs of the doctor with a mistyped password, or two starts,
// must stay below that.
func TestAMistypedPasswordLocksNobodyOut(t *testing.T) {
	for _, args := range [][]string{{"doctor"}, {"serve", "--listen=127.0.0.1:0", "--data=" + t.TempDir()}} {
		url, logins := refusing(t)
		args = append(args, "--couchdb-url="+strings.Replace(url, "http://", "http://callfn:mistyped@", 1))
		for range 2 {
			code, out, errs := program{}.run(t, args...)
			if code == exitOK || !strings.Contains(out+errs, "Name or password is incorrect") || strings.Contains(out+errs,
				"mistyped") {
				t.Errorf("%s: exit code %d, want a failure that says that the password is wrong:\n%s%s", args[0], code, out, errs)
			}
		}
		if n := logins.Load(); n != 2 {
			t.Errorf("%s: %d failed logins in two runs, want one each", args[0], n)
		}
	}
}
