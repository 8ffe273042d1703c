package datastore_test

import (
	"context"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
)

// told records the calls of a follower.
type told struct {
	mu      sync.Mutex
	changed chan struct{}
	ids     map[string]int
	fresh   int
	current int
	opened  int // how often the feed was opened
}

func newTold() *told { return &told{changed: make(chan struct{}), ids: map[string]int{}} }

func (o *told) note(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *told) following(db *datastore.Database) datastore.Following {
	return datastore.Following{
		Database: func() (*datastore.Database, error) {
			o.note(func() { o.opened++ })
			return db, nil
		},
		Fresh:   func() { o.note(func() { o.fresh++ }) },
		Change:  func(c datastore.Change) { o.note(func() { o.ids[c.ID]++ }) },
		Current: func() { o.note(func() { o.current++ }) },
	}
}

func (o *told) openedNow() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.opened
}

// await waits until the recorded calls satisfy ok.
func (o *told) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		o.mu.Lock()
		done, changed := ok(), o.changed
		o.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("got the changes %v, fresh %d, current %d, opened %d; want %s", o.ids, o.fresh, o.current, o.opened, what)
		}
	}
}

// eachServer runs a test with the address of every available kind of server.
func eachServer(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("embedded node", func(t *testing.T) {
		node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(node)
		t.Cleanup(func() {
			server.CloseClientConnections()
			server.Close()
			_ = node.Close()
		})
		test(t, server.URL)
	})
	t.Run("pouchdb-server", func(t *testing.T) { test(t, couchtest.StartPouchDBServer(t)) })
	t.Run("couchdb", func(t *testing.T) {
		address := os.Getenv("CALLFN_TEST_COUCHDB_URL")
		if address == "" {
			t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://user:password@host:5984 to run this there")
		}
		test(t, address)
	})
}

// throughProxy creates a database, reached through a proxy that can fail.
func throughProxy(t *testing.T, address string) (*faultproxy.Proxy, *datastore.Database, *datastore.Database) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	open := func(address string) *datastore.Connection {
		c, err := datastore.Open(datastore.Config{URL: address, Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	direct := open(address)
	name := "follow_" + time.Now().UTC().Format("20060102150405") + "_test"
	if _, err := direct.EnsureDatabase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Ask(context.Background(), "DELETE", "/"+name, nil, nil) })
	proxy := faultproxy.Start(t, u.Host)
	u.Host = proxy.Address()
	return proxy, direct.Database(name), open(u.String()).Database(name)
}

func create(t *testing.T, db *datastore.Database, n int) {
	t.Helper()
	if _, err := db.Create(t.Context(), datastore.Document{"_id": id(n)}); err != nil {
		t.Fatal(err)
	}
}

// A follower begins with the next change, or with everything, and loses nothing when the server goes away.
func TestFollow(t *testing.T) {
	eachServer(t, func(t *testing.T, address string) {
		proxy, direct, proxied := throughProxy(t, address)
		create(t, direct, 1)
		news, all := newTold(), newTold()
		f := datastore.FollowImpatiently(news.following(proxied), 500*time.Millisecond)
		defer f.Close()
		everything := all.following(proxied)
		everything.Everything, everything.IncludeDocs = true, true
		g := datastore.FollowImpatiently(everything, 500*time.Millisecond)
		defer g.Close()
		news.await(t, "the start", func() bool { return news.current == 1 })
		all.await(t, "what there was", func() bool { return all.current == 1 && all.ids[id(1)] > 0 })
		create(t, direct, 2)
		news.await(t, "a change", func() bool { return news.ids[id(2)] > 0 })
		all.await(t, "a change", func() bool { return all.ids[id(2)] > 0 })

		for n, fault := range []faultproxy.Fault{faultproxy.Refuse, faultproxy.Reset, faultproxy.Silent} {
			proxy.Set(fault)
			create(t, direct, 10+n) // the followers cannot be told
			proxy.Set(faultproxy.Pass)
			create(t, direct, 20+n)
			for _, o := range []*told{news, all} {
				o.await(t, "what changed during an outage", func() bool { return o.ids[id(10+n)] > 0 && o.ids[id(20+n)] > 0 })
			}
		}
		if news.ids[id(1)] != 0 || news.fresh != 1 || all.fresh != 1 {
			t.Errorf("got the changes %v, started over %d and %d times; want only news, and once each", news.ids, news.fresh,
				all.fresh)
		}
	})
}

// Silence on a feed is no reason to start over. A refusal is one: the server may not know the sequence.
func TestFollowStartsOver(t *testing.T) {
	eachServer(t, func(t *testing.T, address string) {
		proxy, direct, proxied := throughProxy(t, address)
		o := newTold()
		f := datastore.FollowImpatiently(o.following(proxied), 200*time.Millisecond)
		defer f.Close()
		o.await(t, "the start", func() bool { return o.current == 1 })
		o.await(t, "silence", func() bool { return o.opened >= 3 })
		create(t, direct, 1)
		o.await(t, "a change after silence", func() bool { return o.ids[id(1)] > 0 })
		if o.fresh != 1 {
			t.Errorf("started over %d times, want once for the new database", o.fresh)
		}
		proxy.Set(faultproxy.Status(400, `{"error":"bad_request","reason":"since"}`))
		refused := o.openedNow() + 2
		o.await(t, "a refusal", func() bool { return o.opened >= refused })
		proxy.Set(faultproxy.Pass)
		o.await(t, "a new start", func() bool { return o.fresh == 2 && o.current == 2 })
		create(t, direct, 2)
		o.await(t, "a change afterwards", func() bool { return o.ids[id(2)] > 0 })
	})
}

// A follower of a database that moved starts over at the new place.
func TestFollowMovedDatabase(t *testing.T) {
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	c, err := datastore.Open(datastore.Config{URL: "http://node", Transport: node.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, name := range []string{"old", "new"} {
		if _, err := c.EnsureDatabase(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	at := c.Database("old")
	o := newTold()
	cfg := o.following(nil)
	cfg.Database = func() (*datastore.Database, error) {
		mu.Lock()
		defer mu.Unlock()
		return at, nil
	}
	f := datastore.FollowImpatiently(cfg, 200*time.Millisecond)
	defer f.Close()
	o.await(t, "the start", func() bool { return o.current == 1 })
	mu.Lock()
	at = c.Database("new")
	mu.Unlock()
	o.await(t, "the move", func() bool { return o.fresh == 2 && o.current == 2 })
	create(t, c.Database("new"), 1)
	o.await(t, "a change there", func() bool { return o.ids[id(1)] > 0 })
}
