package datastore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

func id(n int) string { return fmt.Sprintf("%032x", n) }

func TestDocumentLife(t *testing.T) {
	ctx := t.Context()
	db, _ := datastoretest.Open(t).Resolve(datastore.SystemData, "")
	created, err := db.Create(ctx, datastore.Document{
		"_id": id(1), "n": json.Number("12345678901234567890"),
		"s": "é <b>&",
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := db.Get(ctx, id(1))
	if diff := cmp.Diff(created.Ordered(nil), read.Ordered(nil)); diff != "" || err != nil {
		t.Fatalf("got error %v, want what was stored (-want +got):\n%s", err, diff)
	}
	_, err = db.Create(ctx, datastore.Document{"_id": id(1)})
	expect(t, "create over it", err, datastore.ErrConflict)
	_, err = db.Create(ctx, created)
	expect(t, "create with a revision", err, datastore.ErrInvalid)
	_, err = db.Save(ctx, datastore.Document{"n": 1})
	expect(t, "save without id", err, datastore.ErrInvalid)

	read["n"] = 2
	saved, err := db.Save(ctx, read)
	if err != nil || saved.Rev() == created.Rev() || read.Rev() != created.Rev() {
		t.Fatalf("save: got error %v, revision %s; want one after %s, and the argument to keep it: %s", err, saved.Rev(),
			created.Rev(), read.Rev())
	}
	_, err = db.Save(ctx, read)
	expect(t, "save an old revision", err, datastore.ErrConflict)
	expect(t, "delete an old revision", db.Delete(ctx, id(1), created.Rev()), datastore.ErrConflict)
	if err := db.Delete(ctx, id(1), saved.Rev()); err != nil {
		t.Fatal(err)
	}
	_, err = db.Get(ctx, id(1))
	expect(t, "get what is deleted", err, datastore.ErrNotFound)
	_, err = db.Get(ctx, id(2))
	expect(t, "get what never was", err, datastore.ErrNotFound)
	_, err = db.Get(ctx, "")
	expect(t, "get nothing", err, datastore.ErrNotFound)
	_, err = db.Create(ctx, datastore.Document{"_id": id(1)})
	expect(t, "create again", err, nil)
}

func expect(t *testing.T, what string, err, kind error) {
	t.Helper()
	if datastore.KindOf(err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func TestMissingDatabaseAndView(t *testing.T) {
	ctx := t.Context()
	stores := datastoretest.Open(t)
	nowhere := stores.Connection.Database("nowhere")
	_, err := nowhere.Get(ctx, id(1))
	expect(t, "get", err, datastore.ErrDatabaseMissing)
	_, err = nowhere.Create(ctx, datastore.Document{"_id": id(1)})
	expect(t, "create", err, datastore.ErrDatabaseMissing)
	_, err = nowhere.View(ctx, "accounts", "listing_by_name", datastore.Query{})
	expect(t, "view", err, datastore.ErrDatabaseMissing)
	accounts, _ := stores.Resolve(datastore.Accounts, "")
	_, err = accounts.View(ctx, "accounts", "nonsense", datastore.Query{})
	expect(t, "no such view", err, datastore.ErrViewMissing)
	_, err = accounts.View(ctx, "nonsense", "nonsense", datastore.Query{})
	expect(t, "no such design document", err, datastore.ErrViewMissing)
	if created, err := stores.Connection.EnsureDatabase(ctx, accounts.Name()); created || err != nil {
		t.Errorf("ensure what is there: got created %t, error %v; want neither", created, err)
	}
	if version, err := stores.Connection.Ping(ctx); version == "" || err != nil {
		t.Errorf("ping: got version %q, error %v; want a version", version, err)
	}
}

func TestViews(t *testing.T) {
	ctx := t.Context()
	db, _ := datastoretest.Open(t).Resolve(datastore.Functions, "")
	var batch []datastore.Document
	for n := range 10 {
		batch = append(batch, datastore.Document{"_id": id(n), "pvt_type": "function", "pvt_account_id": fmt.Sprintf("a%d",
			n%2), "name": fmt.Sprint(n)})
	}
	results, err := db.BulkSave(ctx, batch)
	if err != nil || len(results) != 10 || results[9].Rev == "" {
		t.Fatalf("got the results %v, error %v; want every document stored", results, err)
	}
	if results, err = db.BulkSave(ctx, batch[:2]); err != nil || !errors.Is(results[0].Err, datastore.ErrConflict) {
		t.Errorf("the same documents again: got %v, error %v; want conflicts", results, err)
	}
	of := func(view string, q datastore.Query) string {
		t.Helper()
		rows, err := db.View(ctx, "functions", view, q)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, row := range rows {
			if row.ID != "" {
				text += row.ID[31:]
			} else {
				text += string(row.Key) + string(row.Value) + " "
			}
			if q.IncludeDocs && row.Doc.ID() != row.ID {
				t.Errorf("row %s: got document %v, want its own", row.ID, row.Doc)
			}
		}
		return text
	}
	own := datastore.Query{StartKey: []any{"a0"}, EndKey: []any{"a0", datastore.AfterEverything{}}}
	back := datastore.Query{
		StartKey: own.EndKey, EndKey: own.StartKey, Descending: true, Limit: 2, Skip: 1,
		IncludeDocs: true,
	}
	for _, tc := range []struct {
		view string
		q    datastore.Query
		want string
	}{
		{"crossbar_listing", own, "02468"},
		{"crossbar_listing", back, "64"},
		{"crossbar_listing", datastore.Query{Keys: []any{[]any{"a1", id(3)}, []any{"a0", id(2)}, []any{"a0", id(3)}}}, "32"},
		{"crossbar_listing", datastore.Query{Key: []any{"a1", id(5)}, IncludeDocs: true}, "5"},
		{
			"crossbar_listing",
			datastore.Query{StartKey: []any{"a0", id(4)}, EndKey: []any{"a0", id(8)}, ExclusiveEnd: true},
			"46",
		},
		{"accounts_listing", datastore.Query{Key: "a0"}, "02468"},
		{"accounts_listing", datastore.Query{Key: "a0", StartKey: nil, Reduce: true}, "null5 "},
		{"accounts_listing", datastore.Query{Reduce: true, Group: true}, `"a0"5 "a1"5 `},
	} {
		if got := of(tc.view, tc.q); got != tc.want {
			t.Errorf("%s %+v: %q, want %q", tc.view, tc.q, got, tc.want)
		}
	}
	rows, err := db.AllDocs(ctx, datastore.Query{Keys: []any{id(3), "absent"}, IncludeDocs: true})
	if err != nil || len(rows) != 2 || rows[0].Doc.Text("name") != "3" || rows[1].Doc != nil {
		t.Errorf("all documents: got %+v, error %v; want those of the range", rows, err)
	}
}

func TestChanges(t *testing.T) {
	db, _ := datastoretest.Open(t).Resolve(datastore.SystemData, "")
	for n := range 3 {
		if _, err := db.Create(t.Context(), datastore.Document{"_id": id(n), "n": n}); err != nil {
			t.Fatal(err)
		}
	}
	var since string
	var got []string
	for change, err := range db.Changes(t.Context(), datastore.Feed{IncludeDocs: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if change.Doc.ID() != change.ID || change.Doc.Rev() != change.Rev {
			t.Errorf("got the change %+v, want one that was made", change)
		}
		got, since = append(got, change.ID), change.Seq
	}
	slices.Sort(got) // a cluster stores a database in shards and has no order between them
	if diff := cmp.Diff([]string{id(0), id(1), id(2)}, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() {
		doc, err := db.Create(ctx, datastore.Document{"_id": id(9)})
		if err == nil {
			err = db.Delete(ctx, id(9), doc.Rev())
		}
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}()
	for change, err := range db.Changes(ctx, datastore.Feed{Since: since, Follow: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if change.ID != id(9) {
			t.Errorf("got the change %+v, want one that was made", change)
		}
		if change.Deleted {
			break
		}
	}
	for _, err := range db.Changes(t.Context(), datastore.Feed{Since: since}) {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestCollectionSeesOneAccount(t *testing.T) {
	ctx := t.Context()
	stores := datastoretest.Open(t)
	c := datastore.Collection{
		Datastores: stores, Database: datastore.Functions, Type: "function", Design: "functions",
		Listing: "crossbar_listing",
	}
	mine, theirs := id(100), id(200)
	for n, doc := range []datastore.Document{
		{"pvt_type": "function", "pvt_account_id": mine},
		{"pvt_type": "function", "pvt_account_id": theirs},
		{"pvt_type": "other", "pvt_account_id": mine},
		{"pvt_account_id": mine},
		{"pvt_type": "function"},
		{"pvt_type": "function", "pvt_account_id": mine, "pvt_deleted": true},
	} {
		doc["_id"] = id(n)
		if _, err := c.Save(ctx, doc); err != nil {
			t.Fatal(err)
		}
		_, err := c.Get(ctx, mine, id(n))
		if n == 0 {
			expect(t, "its own", err, nil)
		} else {
			expect(t, fmt.Sprint(doc), err, datastore.ErrNotFound)
		}
	}
	for _, bad := range []string{"", "_design/functions", "..", id(0) + "\x00"} {
		_, err := c.Get(ctx, mine, bad)
		expect(t, bad, err, datastore.ErrNotFound)
		_, err = c.Get(ctx, bad, id(0))
		expect(t, bad, err, datastore.ErrNotFound)
	}
}
