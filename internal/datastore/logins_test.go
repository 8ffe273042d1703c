package datastore

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// lockingServer counts logins with a wrong password and locks out after five within five minutes, as CouchDB 3.4 does.
type lockingServer struct {
	failures, asked atomic.Int64
	password        atomic.Value
	locked          time.Time
}

func (s *lockingServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	_, password, _ := r.BasicAuth()
	switch {
	case s.failures.Load() >= 5 && time.Since(s.locked) < 5*time.Minute:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":"forbidden","reason":"Account is temporarily locked due to multiple `+
			`authentication failures"}`)
	case password != s.password.Load():
		if s.failures.Add(1) == 1 {
			s.locked = time.Now()
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"unauthorized","reason":"Name or password is incorrect."}`)
	default:
		if strings.Contains(r.URL.Path, "_node") {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"unauthorized","reason":"You are not a server admin."}`)
			break
		}
		_, _ = io.WriteString(w, `{"couchdb":"Welcome","version":"3.4.3"}`)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// A service with a wrong password sends requests for ten minutes, twice a second. It never comes near the five failures
// that lock its user out, gets the reason at once, and works within a minute after its password is right again.
func TestWrongCredentialsAreNotTriedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &lockingServer{}
		server.password.Store("new")
		var told []bool
		c := open(t, Config{
			URL: "http://couch:5984", Username: "callfn", Password: "old", Transport: server,
			OnOutage: func(refused bool, cause error) {
				if refused && !errors.Is(cause, ErrUnauthorized) {
					t.Errorf("told %v, want ErrUnauthorized", cause)
				}
				told = append(told, refused)
			},
		})
		ask := func() error {
			_, err := c.Ping(t.Context())
			return err
		}
		for range 4 * 60 * 2 {
			if err := ask(); !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), "password is incorrect") {
				t.Fatalf("got %v, want ErrUnauthorized and the reason", err)
			}
			time.Sleep(500 * time.Millisecond)
		}
		if n := server.failures.Load(); n != 2 {
			t.Errorf("%d failed logins in four minutes, want 2: at once and a minute later", n)
		}
		server.password.Store("old")
		time.Sleep(5 * time.Minute)
		if err := ask(); err != nil {
			t.Errorf("with the right password again: got error %v, want none", err)
		}
		if len(told) != 2 || !told[0] || told[1] {
			t.Errorf("told %v, want that the credentials were refused, once, and that they are good again", told)
		}
	})
}

// While a user is locked out, requests cost nothing, and the user gets in as soon as CouchDB permits.
func TestALockedUserIsLetInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &lockingServer{locked: time.Now()}
		server.password.Store("right")
		server.failures.Store(5)
		c := open(t, Config{URL: "http://couch:5984", Username: "callfn", Password: "right", Transport: server})
		begun := time.Now()
		for {
			_, err := c.Ping(t.Context())
			if err == nil {
				break
			}
			if !LockedOut(err) || !strings.Contains(err.Error(), "five minutes") {
				t.Fatalf("got %v, want that the user is locked out for five minutes", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(begun); took > 5*time.Minute+10*time.Second {
			t.Errorf("let in after %s, want soon after five minutes", took)
		}
		if n := server.asked.Load(); n > 100 {
			t.Errorf("asked %d times, want every few seconds", n)
		}
	})
}

// A missing right is not a failed login.
func TestARefusalOfRightsIsNoFailedLogin(t *testing.T) {
	server := &lockingServer{}
	server.password.Store("right")
	c := open(t, Config{URL: "http://couch:5984", Username: "callfn", Password: "right", Transport: server})
	for range 3 {
		if err := c.Ask(t.Context(), "GET", "/_node/_local/_config", nil, nil); !errors.Is(err, ErrUnauthorized) ||
			strings.Contains(err.Error(), "not tried again") {
			t.Errorf("got %v, want the server's own refusal", err)
		}
		if _, err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
