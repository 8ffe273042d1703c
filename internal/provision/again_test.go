package provision_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"callfn/couchapp"
	"callfn/internal/provision/sitetest"
)

// Setup does not write security or users that are right already. It writes a user that cannot log in, because of
// another password or a lockout.
func TestSetupWritesOnlyWhatIsNotRight(t *testing.T) {
	couch := sitetest.Ready(t, couchapp.Callfn)
	var writes atomic.Int64
	count := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPut {
			writes.Add(1)
		}
		next.ServeHTTP(w, r)
	}
	for _, name := range couch.Site.Databases {
		couch.Through("/"+name+"/_security", count)
	}
	there := http.StatusNotFound
	couch.Say("HEAD /_users", sitetest.Status(200, "")) // the node has no users
	couch.Say("GET /_users", func(w http.ResponseWriter, r *http.Request) {
		sitetest.Status(there, `{"_rev":"1-a"}`)(w,
			r)
	})
	couch.Say("PUT /_users/", func(w http.ResponseWriter, r *http.Request) {
		writes.Add(1)
		there = http.StatusOK
		sitetest.Status(201, `{"ok":true}`)(w, r)
	})
	login := http.StatusOK
	couch.Say("GET /_session", func(w http.ResponseWriter, r *http.Request) {
		sitetest.Status(login, `{"ok":true}`)(w,
			r)
	})
	setUp := func(what string, want int64) {
		t.Helper()
		writes.Store(0)
		if err := couch.Site.EnsureUser(t.Context(), "callfn", "secret"); err != nil {
			t.Fatal(err)
		}
		if err := couch.Site.Secure(t.Context(), "callfn"); err != nil {
			t.Fatal(err)
		}
		if got := writes.Load(); got != want {
			t.Errorf("%s: %d writes, want %d", what, got, want)
		}
	}
	setUp("at first", int64(len(couch.Site.Databases))+1)
	setUp("again", 0)
	login = http.StatusForbidden // locked out: only a new user document unlocks it
	setUp("when the user is locked out", 1)
}
