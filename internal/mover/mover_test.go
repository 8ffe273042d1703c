package mover_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

func id(n int) string { return fmt.Sprintf("%032x", n) }

func fill(t *testing.T, db *datastore.Database, from, to int) {
	t.Helper()
	var docs []datastore.Document
	for i := from; i < to; i++ {
		docs = append(docs, datastore.Document{
			"_id": id(i), "pvt_type": "function", "pvt_account_id": id(1),
			"name": fmt.Sprint("n ", i), "n": i,
		})
	}
	results, err := db.BulkSave(t.Context(), docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

func remove(t *testing.T, db *datastore.Database, n int) {
	t.Helper()
	doc, err := db.Get(t.Context(), id(n))
	if err == nil {
		err = db.Delete(t.Context(), doc.ID(), doc.Rev())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, db *datastore.Database, n int, want bool) {
	t.Helper()
	doc, err := db.Get(t.Context(), id(n))
	if want && err != nil || !want && !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("document %d at %s: %v %v, want it there: %t", n, db.Connection().Address(), doc, err, want)
	}
}

func TestMoveAndFinish(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		ctx := t.Context()
		from := s.database(s.local, datastore.Functions)
		fill(t, from, 0, 60)
		remove(t, from, 7)
		r := s.resolver(t)
		m := s.mover(t, r, nil)
		defer m.Close()
		started, err := m.Start(ctx, datastore.Functions, storageplan.Local, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := m.Start(ctx, datastore.Functions, storageplan.Local, elsewhere); err != nil ||
			again.ID != started.ID {
			t.Errorf("started again: got %+v, error %v; want move %s", again, err, started.ID)
		}
		var moving *storageplan.MovingError
		if _, err := m.Start(ctx, datastore.Functions, storageplan.Local, storageplan.Flagged); !errors.As(err, &moving) {
			t.Errorf("started to another place: got %v, want %T", err, moving)
		}
		switched := awaitState(t, m, started.ID, storageplan.Switched)
		if switched.Proof == nil || switched.Proof.Documents != 59 || switched.Proof.Deleted != 1 || switched.Copied < 60 ||
			switched.Total < switched.Copied {
			t.Errorf("got %+v, proof %+v; want 59 documents and a deleted one", switched.Migration, switched.Proof)
		}

		now := awaitHome(t, r, elsewhere)
		if now.Connection().Address() != s.other.Connection.Address() {
			t.Fatalf("after the move the functions are at %s, want %s", now.Connection().Address(), s.other.Connection.Address())
		}
		has(t, now, 59, true)
		has(t, now, 7, false)
		rows, err := now.View(ctx, "functions", "crossbar_listing", datastore.Query{})
		if err != nil || len(rows) != 59 {
			t.Errorf("the design document at the new place lists %d, error %v; want 59", len(rows), err)
		}
		if _, err := from.Create(ctx, datastore.Document{"_id": id(9999)}); !datastore.Fenced(err) {
			t.Errorf("a write at the old place: got %v, want it fenced off", err)
		}

		done, err := m.Finish(ctx, started.ID)
		if err != nil {
			t.Fatal(err)
		}
		done = awaitState(t, m, done.ID, storageplan.Finished)
		if r.Home(datastore.Functions).Connection != elsewhere {
			t.Errorf("home after the end is %+v, want %s", r.Home(datastore.Functions), elsewhere)
		}
		var state *mover.StateError
		if _, err := m.Rollback(ctx, done.ID); !errors.As(err, &state) {
			t.Errorf("rolled back after the end: got %v, want %T", err, state)
		}
		if list, err := m.List(ctx); err != nil || len(list) != 1 || list[0].State != storageplan.Finished {
			t.Errorf("got the moves %+v, error %v; want one, %s", list, err, storageplan.Finished)
		}
	})
}

// What was written at the new place comes back, including deletions.
func TestRollbackAfterTheSwitch(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		ctx := t.Context()
		from := s.database(s.local, datastore.Functions)
		fill(t, from, 0, 20)
		r := s.resolver(t)
		m := s.mover(t, r, nil)
		defer m.Close()
		started, err := m.Start(ctx, datastore.Functions, storageplan.Local, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		awaitState(t, m, started.ID, storageplan.Switched)
		now := awaitHome(t, r, elsewhere)
		fill(t, now, 20, 30)
		remove(t, now, 3)
		changed, err := now.Get(ctx, id(4))
		if err != nil {
			t.Fatal(err)
		}
		changed["n"] = "changed there"
		if changed, err = now.Save(ctx, changed); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Rollback(ctx, started.ID); err != nil {
			t.Fatal(err)
		}
		back := awaitState(t, m, started.ID, storageplan.RolledBack)
		if back.From != storageplan.Local || back.To != elsewhere || back.Proof.Documents != 29 {
			t.Errorf("got %+v, proof %+v; want it from %s to %s with 29 documents", back.Migration, back.Proof,
				storageplan.Local, elsewhere)
		}
		home := awaitHome(t, r, storageplan.Local)
		has(t, home, 3, false)
		has(t, home, 29, true)
		if doc, err := home.Get(ctx, id(4)); err != nil || doc.Rev() != changed.Rev() || doc["n"] != "changed there" {
			t.Errorf("got %v, error %v; want revision %s", doc, err, changed.Rev())
		}
		if _, err := home.Create(ctx, datastore.Document{"_id": id(31)}); err != nil {
			t.Errorf("a write after the way back: got %v, want it done", err)
		}

		// And once more: existing documents and the old fence are no obstacle.
		again, err := m.Start(ctx, datastore.Functions, storageplan.Local, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		awaitState(t, m, again.ID, storageplan.Switched)
		now = awaitHome(t, r, elsewhere)
		has(t, now, 31, true)
		has(t, now, 3, false)
	})
}

// A document that the target already had is found before readers are sent there. Writers do not wait for good.
func TestAMoveThatCannotBe(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		ctx := t.Context()
		from, to := s.database(s.local, datastore.Functions), s.database(s.other, datastore.Functions)
		fill(t, from, 0, 3)
		if _, err := s.other.Connection.EnsureDatabase(ctx, to.Name()); err != nil {
			t.Fatal(err)
		}
		doc := datastore.Document{"_id": id(1), "foreign": true}
		for range 3 { // a later revision wins
			var err error
			if doc, err = to.Save(ctx, doc); err != nil {
				t.Fatal(err)
			}
		}
		r := s.resolver(t)
		m := s.mover(t, r, nil)
		defer m.Close()
		started, err := m.Start(ctx, datastore.Functions, storageplan.Local, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		off := awaitState(t, m, started.ID, storageplan.RolledBack)
		if off.LastError == "" {
			t.Error("the move does not say why it was called off, want its trouble")
		}
		home := awaitHome(t, r, storageplan.Local)
		if _, err := home.Create(ctx, datastore.Document{"_id": id(4)}); err != nil {
			t.Errorf("a write after the move was called off: got %v, want it done", err)
		}
	})
}

// A user who may not write design documents cannot raise a fence. Start says so before anything begins.
func TestStartNeedsTheRightToFence(t *testing.T) {
	node := startNode(t)
	u, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	few := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_session" {
			_, _ = w.Write([]byte(`{"ok":true,"userCtx":{"name":"few","roles":[]}}`))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(few.Close) // after the resolver: it waits for requests under way, and one follows the changes
	s := site{local: connect(t, few.URL, "")}
	for _, name := range []string{datastore.SystemData, datastore.Functions} {
		if _, err := s.local.Connection.EnsureDatabase(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	s.store(t, datastore.Document{"_id": storageplan.Document, "connections": map[string]any{string(elsewhere): planned(t,
		startNode(t))}})
	m := s.mover(t, s.resolver(t), nil)
	defer m.Close()
	_, err = m.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere)
	var fence *storageplan.FenceError
	if !errors.As(err, &fence) || fence.User != "few" || !strings.Contains(err.Error(), "--may-move") {
		t.Error(err)
	}
	if list, err := m.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("got the moves %+v, error %v; want none", list, err)
	}
}

// A database is never moved to its own server.
func TestStartRefusesTheSameServer(t *testing.T) {
	node := startNode(t)
	s := site{local: connect(t, node, "")}
	for _, name := range []string{datastore.SystemData, datastore.Functions} {
		if _, err := s.local.Connection.EnsureDatabase(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	s.store(t, datastore.Document{"_id": storageplan.Document, "connections": map[string]any{string(elsewhere): planned(t,
		node)}})
	m := s.mover(t, s.resolver(t), nil)
	defer m.Close()
	if _, err := m.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere); err == nil ||
		!strings.Contains(err.Error(), "the same server") {
		t.Error(err)
	}
}
