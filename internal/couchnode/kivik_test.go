package couchnode_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/go-kivik/kivik/v4"
	"github.com/google/go-cmp/cmp"
)

// The service uses a CouchDB through kivik. This checks that the unchanged driver works with the node.
func TestKivikDriver(t *testing.T) {
	n := openNode(t)
	client := kivikClient(t, n)
	ctx := context.Background()
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: got error %v, want none", what, err)
		}
	}
	status := func(what string, err error, want int) {
		t.Helper()
		if got := kivik.HTTPStatus(err); got != want {
			t.Fatalf("%s: got status %d, error %v; want %d", what, got, err, want)
		}
	}

	v, err := client.Version(ctx)
	check("version", err)
	if v.Version != "3.4.3" || v.Vendor != "callfn" {
		t.Errorf("got version %+v, want 3.4.3 of callfn", v)
	}
	up, err := client.Ping(ctx)
	if check("ping", err); !up {
		t.Error("ping: got down, want up")
	}
	check("create", client.CreateDB(ctx, "functions"))
	status("create again", client.CreateDB(ctx, "functions"), http.StatusPreconditionFailed)
	names, err := client.AllDBs(ctx)
	if check("all dbs", err); !cmp.Equal(names, []string{"functions"}) {
		t.Errorf("got the databases %v, want functions", names)
	}
	exists, err := client.DBExists(ctx, "nope")
	if check("exists", err); exists {
		t.Error("got a database nope, want none")
	}
	_, err = client.DB("nope").Put(ctx, "a", map[string]any{})
	status("put into a database that is not there", err, http.StatusNotFound)

	db := client.DB("functions")
	for _, id := range []string{"plain", "with space", "with/slash", "with+plus", "é😀", "_design/odd"} {
		rev, err := db.Put(ctx, id, map[string]any{"id": id})
		check("put "+id, err)
		var doc map[string]any
		check("get "+id, db.Get(ctx, id).ScanDoc(&doc))
		if doc["_id"] != id || doc["id"] != id || doc["_rev"] != rev {
			t.Errorf("%s: got %v, want it with revision %s", id, doc, rev)
		}
		got, err := db.GetRev(ctx, id)
		if check("rev "+id, err); got != rev {
			t.Errorf("revision of %s: got %s, want %s", id, got, rev)
		}
		_, err = db.Delete(ctx, id, rev)
		check("delete "+id, err)
		status("get deleted "+id, db.Get(ctx, id).Err(), http.StatusNotFound)
	}

	id, rev, err := db.CreateDoc(ctx, map[string]any{"x": 1})
	check("create doc", err)
	_, err = db.Put(ctx, id, map[string]any{"x": 2})
	status("conflict", err, http.StatusConflict)
	rev, err = db.Put(ctx, id, map[string]any{"x": 2}, kivik.Rev(rev))
	check("put with rev", err)

	results, err := db.BulkDocs(ctx, []any{map[string]any{"_id": "b1"}, map[string]any{"_id": id, "_rev": "1-0"}})
	check("bulk docs", err)
	if len(results) != 2 || results[0].Error != nil || kivik.HTTPStatus(results[1].Error) != http.StatusConflict {
		t.Errorf("got the bulk results %+v, want one stored and one conflict", results)
	}
	bulk := db.BulkGet(ctx, []kivik.BulkGetReference{{ID: "b1"}, {ID: id, Rev: rev}})
	for n := 0; bulk.Next(); n++ {
		var doc map[string]any
		check("bulk get", bulk.ScanDoc(&doc))
	}
	check("bulk get", bulk.Err())

	sec := &kivik.Security{Admins: kivik.Members{Names: []string{"a"}}, Members: kivik.Members{Roles: []string{"r"}}}
	check("set security", db.SetSecurity(ctx, sec))
	got, err := db.Security(ctx)
	if check("security", err); !cmp.Equal(sec.Admins.Names, got.Admins.Names) || !cmp.Equal(sec.Members.Roles,
		got.Members.Roles) {
		t.Errorf("got security %+v, want %+v", got, sec)
	}
	diff := db.RevsDiff(ctx, map[string][]string{id: {rev, "9-nope"}})
	for diff.Next() {
		var d struct{ Missing []string }
		if check("revs diff", diff.ScanValue(&d)); !cmp.Equal(d.Missing, []string{"9-nope"}) {
			t.Errorf("got %v missing, want 9-nope", d.Missing)
		}
	}
	check("revs diff", diff.Err())
	stats, err := db.Stats(ctx)
	if check("stats", err); stats.DocCount != 2 || stats.DeletedCount != 6 {
		t.Errorf("got stats %+v, want 2 documents and 6 deleted", stats)
	}

	_, err = db.Put(ctx, "_design/d", map[string]any{"views": map[string]any{
		"by_x": map[string]any{"map": "function(doc) { emit([doc.x, 'é'], doc._id); }", "reduce": "_count"},
	}})
	check("design document", err)
	rows := db.Query(ctx, "_design/d", "by_x", kivik.Params(map[string]any{
		"startkey": []any{2}, "endkey": []any{2, map[string]any{}}, "reduce": false, "include_docs": true, "limit": 10,
	}))
	count := 0
	for ; rows.Next(); count++ {
		var key []any
		var doc map[string]any
		check("key", rows.ScanKey(&key))
		check("doc", rows.ScanDoc(&doc))
		if key[0] != 2.0 || doc["x"] != 2.0 {
			t.Errorf("got the row %v %v, want x of 2 in both", key, doc)
		}
	}
	check("rows", rows.Err())
	if meta, err := rows.Metadata(); count != 1 || err != nil || meta.TotalRows != 2 {
		t.Errorf("got %d rows, %+v, error %v; want one row of 2", count, meta, err)
	}
	grouped := db.Query(ctx, "d", "by_x", kivik.Params(map[string]any{"group": true}))
	total := 0
	for grouped.Next() {
		var n int
		check("count", grouped.ScanValue(&n))
		total += n
	}
	if check("grouped", grouped.Err()); total != 2 {
		t.Errorf("got a count of %d, want 2", total)
	}
	status("no such view", db.Query(ctx, "d", "nope").Err(), http.StatusNotFound)

	changes := db.Changes(ctx, kivik.Params(map[string]any{"since": "0", "include_docs": true}))
	seen := 0
	for changes.Next() {
		seen++
	}
	if check("changes", changes.Err()); seen != 9 {
		t.Errorf("got %d changes, want 9", seen)
	}
	feedCtx, cancel := context.WithCancel(ctx)
	feed := db.Changes(feedCtx, kivik.Params(map[string]any{"feed": "continuous", "since": "now", "heartbeat": 1000}))
	put := make(chan error, 1)
	go func() {
		_, err := db.Put(ctx, "late", map[string]any{})
		put <- err
	}()
	if check("put during a feed", <-put); feed.Next() && feed.ID() != "late" {
		t.Errorf("got a change of %q, want late", feed.ID())
	}
	cancel()
	feed.Close()

	check("destroy", client.DestroyDB(ctx, "functions"))
	status("destroy again", client.DestroyDB(ctx, "functions"), http.StatusNotFound)
}

// kivik's own replicator copies between two databases of a node.
func TestKivikReplicate(t *testing.T) {
	n, hc := inProcess(t)
	fill(t, hc, "http://node/source")
	client := kivikClient(t, n)
	ctx := context.Background()
	if err := client.CreateDB(ctx, "target"); err != nil {
		t.Fatal(err)
	}
	result, err := kivik.Replicate(ctx, client.DB("target"), client.DB("source"))
	if err != nil || result.DocWriteFailures != 0 {
		t.Fatalf("got %+v, error %v; want no failed writes", result, err)
	}
	if d := cmp.Diff(contents(t, hc, "http://node/source"), contents(t, hc, "http://node/target")); d != "" {
		t.Errorf("mismatch (-source +target):\n%s", d)
	}
}
