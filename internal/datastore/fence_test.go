package datastore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

// closed makes a database refuse every write, as a move's fence does. open removes the fence.
func closed(t *testing.T, db *datastore.Database) (open func()) {
	t.Helper()
	fence, err := db.Create(t.Context(), datastore.Document{
		"_id": "_design/fence", "validate_doc_update": "function () { throw({forbidden: '" + datastore.FenceWord +
			": this is a test'}); }",
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := db.Delete(context.Background(), fence.ID(), fence.Rev()); err != nil {
			t.Error(err)
		}
	}
}

func TestAFencedWriteIsRefused(t *testing.T) {
	ctx := t.Context()
	db, _ := datastoretest.Open(t).Resolve(datastore.SystemData, "")
	kept, err := db.Create(ctx, datastore.Document{"_id": id(1)})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, db)
	settle(t, func() bool { _, err := db.Save(ctx, kept); return datastore.Fenced(err) })
	_, err = db.Create(ctx, datastore.Document{"_id": id(2)})
	expect(t, "create", err, datastore.ErrUnreachable)
	if text := err.Error(); !strings.Contains(text, "nothing was stored") || strings.Contains(text, "address and port") {
		t.Errorf("got %s, want it to tell of the move and what to do", text)
	}
	expect(t, "delete", db.Delete(ctx, id(1), kept.Rev()), datastore.ErrUnreachable)
	results, err := db.BulkSave(ctx, []datastore.Document{{"_id": id(3)}})
	if err != nil || len(results) != 1 || !datastore.Fenced(results[0].Err) {
		t.Errorf("bulk: got %+v, error %v; want it fenced off here and made at the new home", results, err)
	}
	if err := db.StoreRevisions(ctx, nil); err != nil {
		t.Error(err)
	}
}

// settle waits for CouchDB: a design document takes effect on all shards a moment after it was stored.
func settle(t *testing.T, reached func() bool) {
	t.Helper()
	await.True(t, "the design document to take hold", reached)
}

func TestAFencedWriteFollowsTheDatabase(t *testing.T) {
	ctx := t.Context()
	from, _ := datastoretest.Open(t).Resolve(datastore.Functions, "")
	to, _ := datastoretest.Open(t).Resolve(datastore.Callflows, "")
	kept := datastore.Document{"_id": id(1), "x": "y"}
	kept, err := from.Create(ctx, kept)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Create(ctx, datastore.Document{"_id": id(1), "x": "y"}); err != nil {
		t.Fatal(err)
	}
	closed(t, from)
	settle(t, func() bool {
		_, err := from.Create(ctx, datastore.Document{"_id": "probe"})
		if err == nil {
			_ = from.Delete(ctx, "probe", "")
		}
		return datastore.Fenced(err)
	})
	asked := 0
	following := from.Following(func(context.Context, *datastore.Database) (*datastore.Database, error) {
		asked++
		return to, nil
	})
	kept["x"] = "z"
	saved, err := following.Save(ctx, kept)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := to.Get(ctx, id(1)); err != nil || read.Rev() != saved.Rev() || read["x"] != "z" {
		t.Errorf("at the new home: got %v, error %v; want what was written", read, err)
	}
	expect(t, "delete, of an old revision at the new home", following.Delete(ctx, id(1), kept.Rev()),
		datastore.ErrConflict)
	results, err := following.BulkSave(ctx, []datastore.Document{{"_id": id(2)}, {"_id": id(3)}})
	if err != nil || len(results) != 2 || results[0].Err != nil || results[1].ID != id(3) || results[1].Rev == "" {
		t.Errorf("bulk: got %+v, error %v; want it fenced off here and made at the new home", results, err)
	}
	if asked != 3 {
		t.Errorf("asked for the new home %d times, want once a write", asked)
	}
	lost := from.Following(func(context.Context, *datastore.Database) (*datastore.Database, error) {
		return nil, errors.New("no home")
	})
	_, err = lost.Create(ctx, datastore.Document{"_id": id(4)})
	if expect(t, "no home", err, datastore.ErrUnreachable); !datastore.Fenced(err) {
		t.Errorf("got %v, want it to say that the database is being moved", err)
	}
}
