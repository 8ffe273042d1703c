package datastore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// answering opens a connection to a server that gives every request the same answer.
func answering(t *testing.T, status int, body string) *Connection {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return open(t, Config{URL: server.URL})
}

func open(t *testing.T, cfg Config) *Connection {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The driver hides its HTTP client. Open captures it because the driver applies every option to it. This test fails if
// a new version of the driver no longer does.
func TestOpenCapturesTheDriversClient(t *testing.T) {
	type seen struct{ path, query, auth, body, encoding, conditional string }
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		got = seen{
			r.URL.EscapedPath(), r.URL.RawQuery, user + ":" + password, string(body),
			r.Header.Get("Content-Encoding"), r.Header.Get("If-None-Match"),
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	c := open(t, Config{URL: server.URL, Username: "bob", Password: "s3:cret"})
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	res, err := c.Raw(context.Background(), "POST", "/functions/_design/functions/_show/wh/a%2Fb", "To=1000&a=%C3%A9",
		header, strings.NewReader("x=1"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusTeapot {
		t.Errorf("got status %d, want the server's own", res.StatusCode)
	}
	want := seen{"/functions/_design/functions/_show/wh/a%2Fb", "To=1000&a=%C3%A9", "bob:s3:cret", "x=1", "", ""}
	if got != want {
		t.Errorf("the server saw %+v, want %+v", got, want)
	}
}

func TestCredentialsStayOutOfErrors(t *testing.T) {
	for _, url := range []string{
		"http://bob:hunter2@127.0.0.1:1", "http://bob:hunter2@127.0.0.1:1/prefix",
		"ftp://bob:hunter2@x", "http://bob:hunter2@[::1", "hunter2",
	} {
		c, err := Open(Config{URL: url})
		if err == nil {
			_, err = c.Ping(context.Background())
		}
		if err == nil {
			t.Fatalf("%s: got no error, want one", url)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got the error %q, want it without the password", err)
		}
	}
}

func TestRawKeepsParametersOutOfErrors(t *testing.T) {
	c := open(t, Config{URL: "http://127.0.0.1:1"})
	_, err := c.Raw(context.Background(), "GET", "/x", "Digits=1234", nil, nil)
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "1234") {
		t.Errorf("got error %v, want %v without the parameters", err, ErrUnreachable)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter,
		*http.Request,
	) {
		t.Error("the redirect was followed, want it refused")
	}))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	c := open(t, Config{URL: server.URL, Username: "bob", Password: "hunter2"})
	if res, err := c.Raw(context.Background(), "GET", "/x", "", nil, nil); err == nil {
		_ = res.Body.Close()
	}
	_, _ = c.Database("accounts").Get(context.Background(), "x")
}

func TestKindsOfFailure(t *testing.T) {
	get := func(c *Connection) error {
		_, err := c.Database("accounts").Get(context.Background(), "0123")
		return err
	}
	view := func(c *Connection) error {
		_, err := c.Database("accounts").View(context.Background(), "accounts", "by_name", Query{})
		return err
	}
	save := func(c *Connection) error {
		_, err := c.Database("accounts").Save(context.Background(), Document{"_id": "0123"})
		return err
	}
	for _, tc := range []struct {
		name   string
		do     func(*Connection) error
		status int
		body   string
		want   error
	}{
		{"absent", get, 404, `{"error":"not_found","reason":"missing"}`, ErrNotFound},
		{"deleted", get, 404, `{"error":"not_found","reason":"deleted"}`, ErrNotFound},
		{"no database", get, 404, `{"error":"not_found","reason":"Database does not exist."}`, ErrDatabaseMissing},
		{"no database, old", get, 404, `{"error":"not_found","reason":"no_db_file"}`, ErrDatabaseMissing},
		{"no design document", view, 404, `{"error":"not_found","reason":"missing"}`, ErrViewMissing},
		{"no view", view, 404, `{"error":"not_found","reason":"missing_named_view"}`, ErrViewMissing},
		{
			"no database for the view", view, 404, `{"error":"not_found","reason":"Database does not exist."}`,
			ErrDatabaseMissing,
		},
		{"conflict", save, 409, `{"error":"conflict","reason":"Document update conflict."}`, ErrConflict},
		{"wrong password", get, 401, `{"error":"unauthorized","reason":"Name or password is incorrect."}`, ErrUnauthorized},
		{"not allowed", save, 403, `{"error":"forbidden","reason":"no"}`, ErrUnauthorized},
		{"bad request", save, 400, `{"error":"illegal_docid","reason":"no"}`, ErrInvalid},
		{"overload", get, 503, `{"error":"x","reason":"no"}`, ErrUnreachable},
		{"gateway", get, 502, `bad gateway`, ErrUnreachable},
		{"fault", get, 500, `{"error":"x","reason":"badmatch"}`, ErrFault},
		{"no JSON", get, 200, `<html>`, ErrFault},
		{"no document", get, 200, `null`, ErrFault},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.do(answering(t, tc.status, tc.body))
			if KindOf(err) != tc.want || !errors.Is(err, tc.want) {
				t.Errorf("kind %v, want %v (%v)", KindOf(err), tc.want, err)
			}
		})
	}
}

func TestOperationsHaveADeadline(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	c := open(t, Config{URL: server.URL, Timeout: 20 * time.Millisecond})
	if _, err := c.Database("x").Get(context.Background(), "y"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("get: got error %v, want %v", err, ErrUnreachable)
	}
	if _, err := c.Database("x").View(context.Background(), "y", "z", Query{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("view: got error %v, want %v", err, ErrUnreachable)
	}
}

// A query that a request line cannot carry is refused before anything is sent.
func TestRawRefusesAQueryThatIsNotEncoded(t *testing.T) {
	c := open(t, Config{URL: "http://127.0.0.1:1"})
	for _, query := range []string{"a=b c", "a=b#c", "a=b\r\nHost: x", "a=b\nx"} {
		if res, err := c.Raw(context.Background(), "GET", "/x", query, nil, nil); !errors.Is(err, ErrInvalid) {
			t.Errorf("query %q: got response %v, error %v; want %v", query, res, err, ErrInvalid)
		}
	}
}
