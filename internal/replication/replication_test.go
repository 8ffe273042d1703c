package replication_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/replication"
)

// servers runs a test against every server a copy may go to: an embedded node, and pouchdb-server and a real CouchDB if
// available.
func servers(t *testing.T, test func(t *testing.T, from, to *datastore.Database)) {
	source := func(t *testing.T) *datastore.Database {
		db, _ := datastoretest.Open(t).Resolve(datastore.Functions, "")
		return db
	}
	t.Run("node", func(t *testing.T) { test(t, source(t), source(t)) })
	t.Run("pouchdb-server", func(t *testing.T) { test(t, source(t), remote(t, couchtest.StartPouchDBServer(t))) })
	t.Run("couchdb", func(t *testing.T) {
		address := os.Getenv("CALLFN_TEST_COUCHDB_URL")
		if address == "" {
			t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://admin:password@host:5984 to run this there")
		}
		test(t, source(t), remote(t, address))
	})
}

func remote(t *testing.T, address string) *datastore.Database {
	t.Helper()
	c, err := datastore.Open(datastore.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := "t" + id[:10] + "_functions"
	if _, err := c.EnsureDatabase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Ask(context.Background(), http.MethodDelete, "/"+name, nil, nil)
		_ = c.Close()
	})
	return c.Database(name)
}

// copyAll copies until there is nothing new.
func copyAll(t *testing.T, c replication.Copy, since string) (stored int, next string) {
	t.Helper()
	for {
		step, err := c.Step(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		stored, since = stored+step.Stored, step.Since
		if step.Done() {
			return stored, since
		}
	}
}

func raw(format string, args ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, args...))
}

func TestCopy(t *testing.T) {
	servers(t, func(t *testing.T, from, to *datastore.Database) {
		ctx := t.Context()
		long := strings.Repeat("é", 1<<20)
		docs := []json.RawMessage{
			raw(`{"_id":"gone","_rev":"2-b","_deleted":true,"left":"behind","_revisions":{"start":2,` +
				`"ids":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}}`),
			raw(`{"_id":"torn","x":1,"_revisions":{"start":2,"ids":["cccccccccccccccccccccccccccccccc",` +
				`"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}}`),
			raw(`{"_id":"torn","x":2,"_revisions":{"start":2,"ids":["dddddddddddddddddddddddddddddddd",` +
				`"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}}`),
			raw(`{"_id":"torn","_deleted":true,"_revisions":{"start":3,"ids":["eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",` +
				`"ffffffffffffffffffffffffffffffff"]}}`),
			raw(`{"_id":"odd + id/with %% & ü","_rev":"1-abababababababababababababababab","nested":{"a":[1,2.5,-0,true,null,` +
				`"\u2028<&>"]},"":"empty"}`),
		}
		docs[0] = json.RawMessage(strings.Replace(string(docs[0]), `"_rev":"2-b",`, "", 1))
		for i := range 1200 {
			docs = append(docs, raw(`{"_id":"d%04d","_rev":"1-%032x","n":%d}`, i, i, i))
		}
		if err := from.StoreRevisions(ctx, docs); err != nil {
			t.Fatal(err)
		}
		if _, err := from.Create(ctx, datastore.Document{"_id": "_design/own"}); err != nil {
			t.Fatal(err)
		}
		if _, err := from.Create(ctx, datastore.Document{"_id": "long", "text": long}); err != nil {
			t.Fatal(err)
		}
		c := replication.Copy{From: from, To: to, Skip: func(id string) bool { return id == "d0007" }}
		stored, since := copyAll(t, c, "")
		if stored != 1200+5 {
			t.Errorf("got %d revisions copied, want %d", stored, 1200+5)
		}
		if again, _ := copyAll(t, c, ""); again != 0 {
			t.Errorf("copied again: got %d revisions, want 0", again)
		}
		before, err := c.Compare().Prove(ctx)
		if err != nil || before.Documents != 1199+3 || before.Deleted != 1 {
			t.Errorf("got the proof %+v, error %v; want %d documents and a deleted one", before, err, 1199+3)
		}
		_, err = to.Get(ctx, "gone")
		if !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("a deleted document: got error %v, want %v", err, datastore.ErrNotFound)
		}
		if _, err := to.Get(ctx, "d0007"); !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("a skipped document: got error %v, want %v", err, datastore.ErrNotFound)
		}
		if _, err := to.Get(ctx, "_design/own"); !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("a design document: got error %v, want %v", err, datastore.ErrNotFound)
		}
		missing, err := to.Missing(ctx, []datastore.Leaves{{ID: "torn", Revs: []string{
			"2-cccccccccccccccccccccccccccccccc",
			"2-dddddddddddddddddddddddddddddddd", "3-eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
		}}})
		if err != nil || len(missing) != 0 {
			t.Errorf("a conflict: got %v missing, error %v; want none", missing, err)
		}
		odd, err := to.Get(ctx, "odd + id/with % & ü")
		if err != nil || fmt.Sprint(odd["nested"]) != "map[a:[1 2.5 0 true <nil> \u2028<&>]]" &&
			fmt.Sprint(odd["nested"]) != "map[a:[1 2.5 -0 true <nil> \u2028<&>]]" {
			t.Errorf("a document of an odd id: got %v, error %v; want its content", odd, err)
		}

		// Later changes are copied from where the copy stopped.
		doc, err := from.Get(ctx, "d0001")
		if err != nil {
			t.Fatal(err)
		}
		if err := from.Delete(ctx, "d0001", doc.Rev()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Compare().Prove(ctx); !errors.As(err, new(*replication.DifferentError)) {
			t.Errorf("a deletion that was not copied: got %v, want a %T", err, new(replication.DifferentError))
		}
		if stored, _ := copyAll(t, c, since); stored != 1 {
			t.Errorf("copied later: got %d revisions, want 1", stored)
		}
		after, err := c.Compare().Prove(ctx)
		if err != nil || after.Documents != before.Documents-1 || after.Deleted != 2 || after.Digest == before.Digest {
			t.Errorf("got the proof %+v, error %v; want one document less than %+v, and another digest", after, err, before)
		}
	})
}

// The comparison finds a document that the target had before and that hides the copied one.
func TestCompareFindsAForeignDocument(t *testing.T) {
	servers(t, func(t *testing.T, from, to *datastore.Database) {
		if err := from.StoreRevisions(t.Context(), []json.RawMessage{raw(`{"_id":"a","_rev":"1-%032x","ours":true}`,
			1)}); err != nil {
			t.Fatal(err)
		}
		if err := to.StoreRevisions(t.Context(), []json.RawMessage{raw(`{"_id":"a","_rev":"1-%032x","theirs":true}`,
			2)}); err != nil {
			t.Fatal(err)
		}
		c := replication.Copy{From: from, To: to}
		copyAll(t, c, "")
		_, err := c.Compare().Prove(t.Context())
		var different *replication.DifferentError
		if !errors.As(err, &different) || different.ID != "a" || !strings.Contains(err.Error(),
			"had a document of this id before") {
			t.Errorf("got %v, want the difference of document a", err)
		}
	})
}

// Behind a fence the comparison checks only what changed on either side since everything was looked at.
func TestCompareGoesOn(t *testing.T) {
	servers(t, func(t *testing.T, from, to *datastore.Database) {
		ctx := t.Context()
		var docs []json.RawMessage
		for i := range 30 {
			docs = append(docs, raw(`{"_id":"d%02d","_rev":"1-%032x"}`, i, i))
		}
		if err := from.StoreRevisions(ctx, docs); err != nil {
			t.Fatal(err)
		}
		c := replication.Copy{From: from, To: to, Pace: new(replication.Pace)}
		_, since := copyAll(t, c, "")
		late := func(id string) {
			t.Helper()
			if _, err := from.Create(ctx, datastore.Document{"_id": id}); err != nil {
				t.Fatal(err)
			}
		}
		late("before the look, and not copied yet")
		v := c.Compare()
		if err := v.Look(ctx); err != nil {
			t.Fatal(err)
		}
		late("after the look")
		_, since = copyAll(t, c, since)
		if proof, err := v.Prove(ctx); err != nil || proof.Documents != 32 {
			t.Errorf("got the proof %+v, error %v; want 32 documents", proof, err)
		}

		v = c.Compare()
		if err := v.Look(ctx); err != nil {
			t.Fatal(err)
		}
		late("never copied")
		var different *replication.DifferentError
		if _, err := v.Prove(ctx); !errors.As(err, &different) || different.ID != "never copied" {
			t.Errorf("a document that was not copied: got %v, want its difference", err)
		}
		copyAll(t, c, since)

		v = c.Compare()
		if err := v.Look(ctx); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"d07", "only there"} {
			doc := datastore.Document{"_id": id, "theirs": true}
			if id == "d07" {
				doc["_rev"] = "1-" + fmt.Sprintf("%032x", 7)
			}
			if _, err := to.Save(ctx, doc); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := v.Prove(ctx); !errors.As(err, &different) || different.ID != "d07" {
			t.Errorf("a document that was changed at the target: got %v, want its difference", err)
		}
	})
}

// A comparison with more differences than it remembers begins again and finds them.
func TestCompareBeginsAgain(t *testing.T) {
	from, _ := datastoretest.Open(t).Resolve(datastore.Functions, "")
	to, _ := datastoretest.Open(t).Resolve(datastore.Functions, "")
	const many = 10_001
	for part := range 11 {
		var docs []json.RawMessage
		for i := part * 1000; i < min(part*1000+1000, many); i++ {
			docs = append(docs, raw(`{"_id":"d%05d","_rev":"1-%032x"}`, i, i))
		}
		if err := from.StoreRevisions(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
	c := replication.Copy{From: from, To: to}
	v := c.Compare()
	if err := v.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	copyAll(t, c, "")
	if proof, err := v.Prove(t.Context()); err != nil || proof.Documents != many {
		t.Errorf("got the proof %+v, error %v; want %d documents", proof, err, many)
	}
}

// Write finds content that differs from what was sent.
func TestWriteReadsBack(t *testing.T) {
	db, _ := datastoretest.Open(t).Resolve(datastore.Functions, "")
	kept := raw(`{"_id":"a","_rev":"1-%032x","x":1}`, 1)
	if err := replication.Write(t.Context(), db, []json.RawMessage{kept}); err != nil {
		t.Fatal(err)
	}
	var different *replication.DifferentError
	// The revision exists already, so nothing is stored.
	err := replication.Write(t.Context(), db, []json.RawMessage{raw(`{"_id":"a","_rev":"1-%032x","x":2}`, 1)})
	if !errors.As(err, &different) || different.ID != "a" {
		t.Errorf("got %v, want the difference of document a", err)
	}
	for _, same := range []string{`{"_id":"a","_rev":"1-%032x","x":1.0}`, `{"_rev":"1-%032x","x":10e-1,"_id":"a"}`} {
		if err := replication.Write(t.Context(), db, []json.RawMessage{raw(same, 1)}); err != nil {
			t.Errorf("%s: got %v, want it taken for the same", same, err)
		}
	}
}
