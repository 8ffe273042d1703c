package datastore_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/jsonvalue"
	"callfn/internal/jsonvalue/jsonvaluetest"
)

// Documents are read with their members in the order in which they were written, from every store.
func TestStoredMembersKeepTheirOrder(t *testing.T) {
	db, _ := datastoretest.Open(t).Resolve(datastore.SystemData, "")
	number := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := `{"zeta":` + jsonvaluetest.Text(2).Draw(rt, "text") + `,"alpha":1}`
		var obj jsonvalue.Object
		if err := json.Unmarshal([]byte(text), &obj); err != nil {
			rt.Fatal(err)
		}
		number++
		doc := datastore.Document(obj.Members).Ordered(obj.Order)
		doc["_id"] = id(number)
		created, err := db.Create(t.Context(), doc)
		if err != nil {
			rt.Fatal(err)
		}
		read, err := db.Get(t.Context(), created.ID())
		if err != nil {
			rt.Fatal(err)
		}
		again, err := db.Save(t.Context(), read)
		if err != nil {
			rt.Fatal(err)
		}
		raw, err := db.GetRaw(t.Context(), again.ID())
		if err != nil {
			rt.Fatal(err)
		}
		inOrder(rt, raw, text)
		batch := read.Ordered(read.Order())
		batch["_rev"] = again.Rev()
		if results, err := db.BulkSave(t.Context(), []datastore.Document{batch}); err != nil || results[0].Err != nil {
			rt.Fatalf("got the results %v, error %v; want it stored", results, err)
		}
		rows, err := db.AllDocs(t.Context(), datastore.Query{Key: again.ID(), IncludeDocs: true})
		if err != nil || len(rows) != 1 {
			rt.Fatalf("got the rows %v, error %v; want one", rows, err)
		}
		raw, err = json.Marshal(rows[0].Doc)
		if err != nil {
			rt.Fatal(err)
		}
		inOrder(rt, raw, text)
	})
}

// inOrder requires that a stored document has the members of text in its order, after _id and _rev.
func inOrder(t *rapid.T, raw []byte, text string) {
	got, err := jsonvaluetest.Tokens(raw)
	if err != nil {
		t.Fatal(err)
	}
	want, err := jsonvaluetest.Tokens([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], got[5:], cmp.Comparer(sameNumber)); diff != "" {
		t.Errorf("%s was stored as %s (-want +got):\n%s", text, raw, diff)
	}
}

// sameNumber compares numbers by value, whole ones exactly: CouchDB writes 1e2 as 100.0 and -0 as 0.
func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	if !okX || !okY {
		return a == b
	}
	if x.IsInt() && y.IsInt() {
		return x.Cmp(y) == 0
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	return f == g
}

func TestNumbersOfOneValue(t *testing.T) {
	for _, c := range []struct {
		a, b json.Number
		want bool
	}{
		{"-0", "0", true},
		{"1e2", "100.0", true},
		{"0.1", "1.0e-1", true},
		{"9007199254740993", "9007199254740992", false},
		{"0.1", "0.2", false},
	} {
		if got := sameNumber(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: got %t, want %t", c.a, c.b, got, c.want)
		}
	}
}

func TestNoDocumentShowsWhereItsOrderIsKept(t *testing.T) {
	db, _ := datastoretest.Open(t).Resolve(datastore.SystemData, "")
	if _, err := db.Create(t.Context(), datastore.Document{"_id": id(1), "b": 1, "a": 2}); err != nil {
		t.Fatal(err)
	}
	doc, err := db.Get(t.Context(), id(1))
	if err != nil {
		t.Fatal(err)
	}
	if doc.Order() == nil {
		t.Fatal("got a document without order, want its order")
	}
	replaced := doc.Replace(map[string]any{"z": 1, "_order": "mine"})
	patched := doc.Patch(map[string]any{"z": 1, "_order": "mine"}, nil)
	for name, value := range map[string]any{
		"document": doc, "public": doc.Public(), "from a client": datastore.StripPrivate(doc), "replaced": replaced,
		"patched": patched,
	} {
		if text, err := json.Marshal(value); err != nil || strings.Contains(string(text), "order") {
			t.Errorf("%s: got %s, error %v; want it without its order", name, text, err)
		}
	}
}
