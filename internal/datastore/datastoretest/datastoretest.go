// Package datastoretest gives each test a datastore: an embedded node in a temporary directory, or the server that
// CALLFN_TEST_COUCHDB_URL names, with a prefix before the databases' names that keeps tests apart.
package datastoretest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
)

// Stores resolves the databases of one test.
type Stores struct {
	Connection *datastore.Connection
	Prefix     string // begins every database's name
}

// Resolve implements datastore.Resolver.
func (s Stores) Resolve(database, _ string) (*datastore.Database, error) {
	return s.Connection.Database(s.Prefix + database), nil
}

// Open creates an empty datastore: databases and design documents, nothing else.
func Open(t testing.TB) Stores {
	t.Helper()
	s := connect(t)
	ctx := context.Background()
	for _, name := range datastore.Databases() {
		if _, err := s.Connection.EnsureDatabase(ctx, s.Prefix+name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range couchapp.Names() {
		design, err := couchapp.Assemble(name, couchapp.JavaScript)
		if err != nil {
			t.Fatal(err)
		}
		db, _ := s.Resolve(name, "")
		if _, err := couchapp.Install(ctx, db, design); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func connect(t testing.TB) Stores {
	t.Helper()
	cfg, prefix := datastore.Config{URL: os.Getenv("CALLFN_TEST_COUCHDB_URL")}, ""
	if cfg.URL == "" {
		node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = node.Close() })
		cfg = datastore.Config{URL: "http://node", Transport: node.Transport()}
	} else {
		id, err := datastore.NewID(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		prefix = "t" + id[:10] + "_"
	}
	connection, err := datastore.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if prefix != "" {
			Remove(connection, prefix)
		}
		_ = connection.Close()
	})
	return Stores{connection, prefix}
}

// Remove removes every database whose name begins with a test's prefix, those of call records among them.
func Remove(connection *datastore.Connection, prefix string) {
	ctx := context.Background()
	var names []string
	if err := connection.Ask(ctx, "GET", "/_all_dbs", nil, &names); err != nil {
		return // what is left is the next test's neighbour, under another name
	}
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			_ = connection.Ask(ctx, "DELETE", "/"+url.PathEscape(name), nil, nil)
		}
	}
}
