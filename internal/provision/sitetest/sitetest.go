// Package sitetest gives tests a CouchDB whose answers the test controls: the embedded node on a socket, with handlers
// of the test in front of it.
package sitetest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// CouchDB is a server under a test's control.
type CouchDB struct {
	Site provision.Site

	node http.Handler

	mu      sync.Mutex
	answers map[string]http.HandlerFunc
}

// Start starts a server without databases, whose engine supports these languages of design documents.
func Start(t *testing.T, languages ...string) *CouchDB {
	t.Helper()
	pool := sandboxtest.Pool(t, 1)
	engine := speaks{
		queryserver.Engine{Shows: pool, Maps: pool, Limits: sandbox.Limits{Deadline: runs.MaxDeadline}},
		languages,
	}
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &CouchDB{node: node, answers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := c.answer(r); h != nil {
			h(w, r)
			return
		}
		node.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { _ = node.Close(); server.Close() })
	conn, err := datastore.Open(datastore.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c.Site = provision.Site{
		Stores: datastore.Single{Connection: conn}, Databases: datastore.Databases(),
		Log: slog.New(slog.DiscardHandler),
	}
	return c
}

// Ready starts a server with everything that the service needs, and functions in a language.
func Ready(t *testing.T, language string) *CouchDB {
	t.Helper()
	c := Start(t, language)
	if _, err := c.Site.CreateDatabases(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Site.Designs(t.Context(), language); err != nil {
		t.Fatal(err)
	}
	return c
}

// Say makes h answer requests whose path begins with prefix. With a method before it ("PUT /_users") only requests of
// that method match, with a $ at its end ("/functions$") only that exact path.
func (c *CouchDB) Say(prefix string, h http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[prefix] = h
}

// Through is Say for a handler that may pass a request on to the server.
func (c *CouchDB) Through(prefix string, h func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	c.Say(prefix, func(w http.ResponseWriter, r *http.Request) { h(w, r, c.node) })
}

// Status returns a handler that answers a status and a body.
func Status(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// AsUser makes the server treat the caller as a user with these roles.
func (c *CouchDB) AsUser(name string, roles ...string) {
	body, _ := json.Marshal(map[string]any{"ok": true, "userCtx": map[string]any{"name": name, "roles": roles}})
	c.Say("GET /_session", Status(200, string(body)))
}

func (c *CouchDB) answer(r *http.Request) http.HandlerFunc {
	path, err := url.PathUnescape(r.URL.EscapedPath())
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	best := ""
	for prefix := range c.answers {
		method, of, split := strings.Cut(prefix, " ")
		if split && method != r.Method {
			continue
		}
		if !split {
			of = prefix
		}
		exact, ends := strings.CutSuffix(of, "$")
		if (path == exact || !ends && of != "/" && strings.HasPrefix(path, of)) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return c.answers[best]
}

// speaks is an engine that supports certain languages.
type speaks struct {
	couchnode.Engine
	languages []string
}

func (s speaks) Show(ctx context.Context, language, fun string, doc json.RawMessage,
	req couchnode.ShowRequest,
) (json.RawMessage, error) {
	if !slices.Contains(s.languages, language) {
		return nil, &couchnode.EngineError{Word: "unknown_query_language", Reason: language}
	}
	return s.Engine.Show(ctx, language, fun, doc, req)
}
