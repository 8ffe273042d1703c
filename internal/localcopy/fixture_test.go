package localcopy_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/localcopy"
	"callfn/internal/testlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a database behind a fault proxy, as the copy sees it. direct is the same without the proxy.
type source struct {
	*faultproxy.Proxy
	seen, direct *datastore.Database
	password     bool // the database requires one
}

// database creates an empty one: on the embedded node, or on the CouchDB that CALLFN_TEST_COUCHDB_URL names.
func database(t *testing.T) source {
	t.Helper()
	address := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if address == "" {
		node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(node)
		t.Cleanup(func() { _ = node.Close(); server.Close() })
		address = server.URL
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	connect := func(timeout time.Duration) *datastore.Connection {
		c, err := datastore.Open(datastore.Config{URL: u.String(), Breaker: true, Timeout: timeout})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := source{direct: connect(time.Minute).Database("t" + id[:10]), password: u.User != nil}
	if _, err := s.direct.Connection().EnsureDatabase(t.Context(), s.direct.Name()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drop(t, s.direct) })
	s.Proxy = faultproxy.Start(t, u.Host)
	u.Host = s.Address()
	s.seen = connect(5 * time.Second).Database(s.direct.Name())
	return s
}

func drop(t *testing.T, db *datastore.Database) {
	t.Helper()
	if err := db.Connection().Ask(context.Background(), "DELETE", "/"+db.Name(), nil, nil); err != nil &&
		!errors.Is(err, datastore.ErrDatabaseMissing) {
		t.Error(err)
	}
}

func keep(d datastore.Document) bool { return d.Type() == "function" && !d.Deleted() }

func config(file string, log *testlog.Buffer, db func() (*datastore.Database, error)) localcopy.Config {
	return localcopy.Config{
		Name: "functions", Path: file, Database: db, Keep: keep, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}
}

func open(t *testing.T, file string, db *datastore.Database) (*localcopy.Copy, *testlog.Buffer) {
	t.Helper()
	log := &testlog.Buffer{}
	r, err := localcopy.Open(config(file, log, func() (*datastore.Database, error) { return db, nil }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, log
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "copy.db") }

// put stores a document over the existing one.
func put(t *testing.T, db *datastore.Database, id string, more datastore.Document) {
	t.Helper()
	doc := datastore.Document{"_id": id, "pvt_type": "function"}
	for k, v := range more {
		doc[k] = v
	}
	if old, err := db.Get(t.Context(), id); err == nil {
		doc["_rev"] = old.Rev()
	}
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, db *datastore.Database, id string) {
	t.Helper()
	doc, err := db.Get(t.Context(), id)
	if err == nil {
		err = db.Delete(t.Context(), id, doc.Rev())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, holds func() bool) time.Duration {
	t.Helper()
	return awaitFor(t, patience, what, holds)
}

// patience is how long to wait for a condition.
const patience = 20 * time.Second

func awaitFor(t *testing.T, patience time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for time.Since(begun) < patience {
		if holds() {
			return time.Since(begun)
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("got nothing of it within %s, want %s", patience, what)
	return 0
}

// n returns the member n of a document in the copy, "none", or the error.
func n(r *localcopy.Copy, id string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	raw, err := r.Get(ctx, id)
	if err != nil {
		return err.Error()
	}
	if raw == nil {
		return "none"
	}
	var d struct{ N any }
	if err := json.Unmarshal(raw, &d); err != nil {
		return err.Error()
	}
	return fmt.Sprint(d.N)
}

func is(r *localcopy.Copy, id, want string) func() bool {
	return func() bool { return n(r, id) == want }
}

func following(r *localcopy.Copy) func() bool { return func() bool { return r.State().Following } }
