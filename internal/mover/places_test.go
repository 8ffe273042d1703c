package mover_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/couchapp"
	"callfn/internal/auth"
	"callfn/internal/await"
	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/mover"
	"callfn/internal/provision"
	"callfn/internal/storageplan"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const elsewhere = storageplan.Tag("0123456789abcdef0123456789abcdef")

// site is two servers, a plan that knows both, and the functions database on the first.
type site struct {
	local, other datastore.Single
	plan         map[string]any // the connection to other, in the form of a plan
}

// startNode starts an embedded node on a socket.
func startNode(t testing.TB) (address string) {
	t.Helper()
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(n)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		_ = n.Close()
	})
	return server.URL
}

func connect(t testing.TB, address, prefix string) datastore.Single {
	t.Helper()
	c, err := datastore.Open(datastore.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return datastore.Single{Connection: c, Prefix: prefix}
}

// eachSite runs a test with every kind of server as the new home.
func eachSite(t *testing.T, test func(t *testing.T, s site)) {
	run := func(t *testing.T, other string) { test(t, newSite(t, other)) }
	t.Run("node", func(t *testing.T) { run(t, startNode(t)) })
	t.Run("pouchdb-server", func(t *testing.T) { run(t, couchtest.StartPouchDBServer(t)) })
	t.Run("couchdb", func(t *testing.T) {
		address := os.Getenv("CALLFN_TEST_COUCHDB_URL")
		if address == "" {
			t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://admin:password@host:5984 to run this there")
		}
		run(t, address)
	})
}

// newSite is a node that a plan moves functions away from, to an existing server.
func newSite(t *testing.T, other string) site {
	t.Helper()
	return newSiteFrom(t, startNode(t), other)
}

// newSiteFrom is newSite from an existing server.
func newSiteFrom(t *testing.T, from, other string) site {
	t.Helper()
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	prefix := "t" + id[:10] + "_"
	s := site{local: connect(t, from, prefix), other: connect(t, other, prefix), plan: planned(t, other)}
	for _, name := range []string{datastore.SystemData, datastore.Functions} {
		if _, err := s.local.Connection.EnsureDatabase(t.Context(), prefix+name); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		_ = s.other.Connection.Ask(context.Background(), http.MethodDelete, "/"+prefix+datastore.Functions, nil, nil)
	})
	s.store(t, datastore.Document{
		"_id": storageplan.Document, "pvt_type": storageplan.DocumentType,
		"connections": map[string]any{string(elsewhere): s.plan},
		"plan": map[string]any{"aggregate": map[string]any{
			"connection": string(elsewhere),
			"database":   map[string]any{"names": []any{datastore.Functions}},
		}},
		"pvt_homes": map[string]any{datastore.Functions: "local"},
	})
	return s
}

func planned(t testing.TB, address string) map[string]any {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	return map[string]any{"driver": "kazoo_couch", "settings": map[string]any{
		"ip": host, "port": n,
		"username": u.User.Username(), "password": password,
	}}
}

func (s site) database(on datastore.Single, name string) *datastore.Database {
	db, _ := on.Resolve(name, "")
	return db
}

func (s site) store(t testing.TB, doc datastore.Document) {
	t.Helper()
	if _, err := s.database(s.local, datastore.SystemData).Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
}

// resolver returns one process's view of the plan.
func (s site) resolver(t testing.TB) *storageplan.Resolver {
	t.Helper()
	r, err := storageplan.Open(t.Context(), storageplan.Config{
		Main: s.local, Secret: auth.Secret{1},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

var processes atomic.Int64

// mover returns one process that moves. atStep may be nil.
func (s site) mover(t testing.TB, r *storageplan.Resolver, atStep func(string) error) *mover.Mover {
	t.Helper()
	return s.moverWith(t, mover.Config{
		Places: r, Holder: "process " + strconv.FormatInt(processes.Add(1), 10), Now: time.Now, Lease: 400 * time.Millisecond,
		AtStep: atStep,
	})
}

// moverWith returns a process that moves, with the site's values where the configuration has none.
func (s site) moverWith(t testing.TB, c mover.Config) *mover.Mover {
	t.Helper()
	c.Journal, c.Random = s.database(s.local, datastore.SystemData), rand.Reader
	c.Log = slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	c.Prepare = func(ctx context.Context, on datastore.Single, _ storageplan.Tag, database string) error {
		site := provision.Site{Stores: on, Databases: []string{database}, Log: slog.New(slog.DiscardHandler)}
		if _, err := site.CreateDatabases(ctx); err != nil {
			return err
		}
		return site.Designs(ctx, couchapp.JavaScript)
	}
	return mover.New(c)
}

type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", p)
	return len(p), nil
}

// awaitState waits until a move is in a state.
func awaitState(t testing.TB, m *mover.Mover, id string, want storageplan.MigrationState) mover.Status {
	t.Helper()
	var last mover.Status
	await.Value(t, "the move "+string(want), func() (string, bool) {
		status, err := m.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		last = status
		return fmt.Sprintf("%+v", status), status.State == want
	})
	return last
}

// awaitHome waits until a process knows where the functions are, and returns their database.
func awaitHome(t testing.TB, r *storageplan.Resolver, want storageplan.Tag) *datastore.Database {
	t.Helper()
	await.Value(t, "the functions on "+string(want), func() (string, bool) {
		home := r.Home(datastore.Functions)
		return fmt.Sprintf("%+v", home), home.Connection == want && !home.Fenced
	})
	db, err := r.Resolve(datastore.Functions, "function")
	if err != nil {
		t.Fatal(err)
	}
	return db
}
