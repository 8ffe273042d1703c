package function_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/dialect"
	"callfn/internal/function/runnertest"
	"callfn/internal/hostcall"
	"callfn/internal/kv/memkv"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// install puts the functions design document on a new database of the connection and makes it a place.
func install(t testing.TB, c *datastore.Connection, language string) runnertest.Place {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	name := make([]byte, 8)
	if _, err := rand.Read(name); err != nil {
		t.Fatal(err)
	}
	db := c.Database("callfn_test_" + hex.EncodeToString(name))
	if _, err := c.EnsureDatabase(ctx, db.Name()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		resp, err := c.Raw(context.Background(), "DELETE", "/"+db.Name(), "", nil, nil)
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
	})
	d, err := couchapp.Assemble("functions", language)
	if err != nil {
		t.Fatal(err)
	}
	if change, err := couchapp.Install(ctx, db, d); err != nil || change != couchapp.Created {
		t.Fatalf("installed: got %v, error %v; want %v", change, err, couchapp.Created)
	}
	if change, err := couchapp.Install(ctx, db, d); err != nil || change != couchapp.Unchanged {
		t.Fatalf("installed again: got %v, error %v; want %v", change, err, couchapp.Unchanged)
	}
	return runnertest.Place{
		Driver: &function.ShowDriver{Database: func() (*datastore.Database, error) { return db, nil }},
		Store: func(ctx context.Context, doc map[string]any) error {
			_, err := db.Create(ctx, doc)
			if errors.Is(err, datastore.ErrConflict) {
				var old datastore.Document
				if old, err = db.Get(ctx, doc["_id"].(string)); err == nil {
					doc["_rev"] = old.Rev()
					_, err = db.Save(ctx, doc)
				}
			}
			return err
		},
	}
}

func connect(t testing.TB, cfg datastore.Config) *datastore.Connection {
	t.Helper()
	c, err := datastore.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEmbeddedNode(t *testing.T) {
	pool := sandboxtest.Pool(t, 1)
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), queryserver.Engine{
		Shows: pool, Maps: pool, Limits: sandbox.Limits{Deadline: runs.MaxDeadline}, Calls: calls(),
	}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	c := connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()})
	p := install(t, c, couchapp.Callfn)
	if lacks := showDialect(t, p); len(lacks) > 0 {
		t.Errorf("the engine lacks %v, want nothing", lacks)
	}
	t.Run("beside the request", func(t *testing.T) { runnertest.Run(t, onNode(p)) })
	t.Run("as from a network", func(t *testing.T) { runnertest.Run(t, p) })
	t.Run("as from a network, bindings here", func(t *testing.T) { runnertest.Run(t, bound(t, p)) })
}

// calls has the bindings that need nothing outside of this process.
func calls() *hostcall.Calls { return hostcall.New(hostcall.Config{KV: memkv.NewStore()}) }

// bound is a place of install's as the service runs functions in a CouchDB: itself where they declare bindings.
func bound(t *testing.T, p runnertest.Place) runnertest.Place {
	database := p.Driver.(*function.ShowDriver).Database
	own := ownSandbox(t)
	own.Calls = calls()
	p.Bindings, p.Driver = true, &function.Bound{
		Driver: p.Driver, Own: own, Document: func(ctx context.Context, id string) (json.RawMessage, error) {
			db, err := database()
			if err != nil {
				return nil, err
			}
			raw, err := db.GetRaw(ctx, id)
			if errors.Is(err, datastore.ErrNotFound) {
				return nil, nil
			}
			return raw, err
		},
	}
	return p
}

// onNode is a place of install's as the service runs functions in its own node.
func onNode(p runnertest.Place) runnertest.Place {
	p.Driver, p.Bindings = function.NodeDriver{Database: p.Driver.(*function.ShowDriver).Database}, true
	return p
}

// TestCouchDB runs the fixtures on the CouchDB that CALLFN_TEST_COUCHDB_URL names, in CouchDB's own engine where that
// allows `new Function`, and in our query server where it is registered as language callfn.
func TestCouchDB(t *testing.T) {
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" {
		t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://user:password@host:5984 to run the fixtures there")
	}
	c := connect(t, datastore.Config{URL: url})
	ran := 0
	for _, language := range []string{couchapp.JavaScript, couchapp.Callfn} {
		t.Run(language, func(t *testing.T) {
			p := install(t, c, language)
			if why := cannotRun(t, p); why != "" {
				t.Skipf("%s cannot run functions here: %s", language, why)
			}
			ran++
			if language == couchapp.JavaScript {
				p.NoLogs, p.NoHints, p.Differs, p.May = true, true, differsOnCouchjs[engineOf(t, c)], mayDifferOnCouchjs
			}
			runnertest.Run(t, p)
			lacks := showDialect(t, p)
			t.Logf("the engine lacks %v", lacks)
			if language == couchapp.Callfn && len(lacks) > 0 {
				t.Errorf("our own engine lacks %v, want nothing", lacks)
			}
			for _, feature := range lacks {
				if _, ok := dialect.Describe(feature); !ok {
					t.Errorf("the engine lacks %q, want a feature that is known", feature)
				}
			}
		})
	}
	if ran == 0 {
		t.Error("this CouchDB runs functions in neither language: start couchjs with --eval, or register `callfn " +
			"queryserver` as language callfn")
	}
}

// differsOnCouchjs is what CouchDB's own engines cannot do. Measured on 3.4.3 with SpiderMonkey 78 and 102 and with
// QuickJS; they share one realm among all functions of a database, and do not cap memory
// (docs/reference/couchdb.md#isolation).
var differsOnCouchjs = map[string]map[string]string{
	"spidermonkey": {
		"zz_changes_intrinsics_then": "the realm is shared: a changed prototype outlives the run",
	},
	"quickjs": {
		"zz_changes_intrinsics_then": "the realm is shared: a changed prototype outlives the run",
		"syntax_error":               "QuickJS 2024-02-14 tells no column",
		"returns_promise":            "it has no Promise: an async function throws when it is called",
		"locale":                     "it has no Intl, and toLocaleString takes neither locale nor options",
	},
}

// mayDifferOnCouchjs is what depends on the engine's version, the stack that the system gives it, or the machine's
// pace.
var mayDifferOnCouchjs = map[string]string{
	"deep_recursion": "QuickJS and SpiderMonkey 78 die of it (signal 11), SpiderMonkey 102 throws",
	"locale":         "the Intl of a SpiderMonkey is as old as it is: before 79 it does not know dateStyle",
	"memory_bomb":    "no hard memory cap: CouchDB's 5 s timeout may end it first",
}

// engineOf asks CouchDB which JavaScript engine it has.
func engineOf(t *testing.T, c *datastore.Connection) string {
	t.Helper()
	resp, err := c.Raw(context.Background(), "GET", "/_node/_local/_versions", "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var v struct {
		Engine struct{ Name string } `json:"javascript_engine"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v.Engine.Name
}

// cannotRun tries the simplest function and says why it does not run, or "".
func cannotRun(t testing.TB, p runnertest.Place) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	id := strings.Repeat("f", 32)
	if err := p.Store(ctx, map[string]any{"_id": id, "pvt_type": "function", "function_js": "return 1"}); err != nil {
		t.Fatal(err)
	}
	ev, err := p.Driver.Evaluate(
		ctx,
		function.Evaluation{
			Terms:    runs.Terms{Run: "probe"},
			Function: function.ID(id),
			Params:   map[string]string{"a": "b"},
		},
	)
	switch {
	case err != nil:
		return err.Error()
	case ev.Outcome != runs.OK:
		return string(ev.Outcome) + ": " + ev.Error.Message
	}
	return ""
}

// showDialect asks the place what its engine does not parse.
func showDialect(t *testing.T, p runnertest.Place) []string {
	t.Helper()
	d := function.ShowDialect{Database: p.Driver.(*function.ShowDriver).Database, Now: time.Now}
	lacks, err := d.Lacks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return lacks
}
