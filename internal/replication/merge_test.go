package replication_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/replication"
)

func TestMerge(t *testing.T) {
	servers(t, func(t *testing.T, from, to *datastore.Database) {
		ctx := t.Context()
		first, err := from.Create(ctx, datastore.Document{"_id": "same", "x": 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"new", "newer", "older", "theirs"} {
			if _, err := from.Create(ctx, datastore.Document{"_id": id, "x": 1}); err != nil {
				t.Fatal(err)
			}
		}
		everything := func(db *datastore.Database) (docs []json.RawMessage) {
			t.Helper()
			p, err := db.LeavesSince(ctx, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			p.Documents = slices.DeleteFunc(p.Documents, func(l datastore.Leaves) bool { return l.ID[0] == '_' })
			if err := replication.Read(ctx, db, p.Documents, func(part []json.RawMessage) error {
				docs = append(docs,
					part...)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return docs
		}
		if out, err := replication.Merge(ctx, to, everything(from), false); err != nil || out.Stored != 5 {
			t.Fatalf("%+v %v", out, err)
		}
		change := func(db *datastore.Database, id string, x any) {
			t.Helper()
			doc, err := db.Get(ctx, id)
			if err == nil {
				doc["x"] = x
				_, err = db.Save(ctx, doc)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		change(from, "newer", 2)
		change(to, "older", 3)
		gone, err := to.Get(ctx, "new")
		if err == nil {
			err = to.Delete(ctx, "new", gone.Rev())
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			change(to, "theirs", "here")
			change(from, "theirs", "there")
			change(to, "theirs", "here again")
		}
		is := func(id string, want any) {
			t.Helper()
			doc, err := to.Get(ctx, id)
			if want == nil && errors.Is(err, datastore.ErrNotFound) {
				return
			}
			got, _ := json.Marshal(doc["x"])
			if text, _ := json.Marshal(want); err != nil || string(got) != string(text) {
				t.Errorf("%s is %s %v, want %s", id, got, err, text)
			}
		}
		out, err := replication.Merge(ctx, to, everything(from), false)
		if err != nil || out.Stored != 1 || out.Known != 3 || !slices.Equal(out.Foreign, []string{"theirs"}) {
			t.Errorf("%+v %v", out, err)
		}
		is("newer", 2)
		is("older", 3)
		is("new", nil) // what was deleted here does not come back
		is("theirs", "here again")
		out, err = replication.Merge(ctx, to, everything(from), true)
		if err != nil || out.Stored != 1 || !slices.Equal(out.Foreign, []string{"theirs"}) {
			t.Errorf("%+v %v", out, err)
		}
		is("theirs", "there")
		if same, err := to.Get(ctx, "same"); err != nil || same.Rev() != first.Rev() {
			t.Errorf("%v %v", same, err)
		}
	})
}
