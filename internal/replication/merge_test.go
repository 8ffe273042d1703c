package replication_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callfn/internal/await"
	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/replication"
)

// settle waits until a database's list and changes show the same as reads of single documents. On a cluster they come
// from one copy, which may lag behind acknowledged writes.
func settle(t *testing.T, db *datastore.Database, ids ...string) {
	t.Helper()
	await.Value(t, "lists of "+db.Name()+" that show what reads do", func() (string, bool) {
		var missing []string
		winners, err := db.Winners(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := db.LeavesSince(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			doc, err := db.Get(t.Context(), id)
			gone := errors.Is(err, datastore.ErrNotFound)
			if err != nil && !gone {
				t.Fatal(err)
			}
			listed := slices.ContainsFunc(winners, func(w datastore.Winner) bool {
				return w.ID == id && w.Deleted == gone && (gone || w.Rev == doc.Rev())
			})
			told := slices.ContainsFunc(changes.Documents, func(l datastore.Leaves) bool {
				return l.ID == id && (gone || slices.Contains(l.Revs, doc.Rev()))
			})
			if !listed || !told {
				missing = append(missing, id)
			}
		}
		return fmt.Sprintf("%v missing", missing), missing == nil
	})
}

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
		ids := []string{"same", "new", "newer", "older", "theirs"}
		everything := func(db *datastore.Database) (docs []json.RawMessage) {
			t.Helper()
			settle(t, db, ids...)
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
			t.Fatalf("first merge: got %+v, error %v; want 5 stored", out, err)
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
		settle(t, to, ids...)
		is := func(id string, want any) {
			t.Helper()
			text, _ := json.Marshal(want)
			await.Value(t, fmt.Sprintf("%s with x %s", id, text), func() (string, bool) { // copies agree late
				doc, err := to.Get(ctx, id)
				got, _ := json.Marshal(doc["x"])
				gone := want == nil && errors.Is(err, datastore.ErrNotFound)
				return fmt.Sprintf("%s, error %v", got, err), gone || err == nil && string(got) == string(text)
			})
		}
		out, err := replication.Merge(ctx, to, everything(from), false)
		if err != nil || out.Stored != 1 || out.Known != 3 || !slices.Equal(out.Foreign, []string{"theirs"}) {
			t.Errorf("second merge: got %+v, error %v; want 1 stored, 3 known, theirs foreign", out, err)
		}
		is("newer", 2)
		is("older", 3)
		is("new", nil) // a document deleted here stays deleted
		is("theirs", "here again")
		out, err = replication.Merge(ctx, to, everything(from), true)
		if err != nil || out.Stored != 1 || !slices.Equal(out.Foreign, []string{"theirs"}) {
			t.Errorf("replacing merge: got %+v, error %v; want 1 stored, theirs foreign", out, err)
		}
		is("theirs", "there")
		if same, err := to.Get(ctx, "same"); err != nil || same.Rev() != first.Rev() {
			t.Errorf("an unchanged document: got %v, error %v; want revision %s", same, err, first.Rev())
		}
	})
}

// laggingReads repeats its previous answer for the first read of a document after each deletion, like a cluster whose
// last copy has not received the deletion.
type laggingReads struct {
	http.RoundTripper
	body []byte
	lag  bool
}

func (l *laggingReads) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/theirs") {
		return resp, err
	}
	switch r.Method {
	case http.MethodDelete:
		l.lag = true
	case http.MethodGet:
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if l.lag {
			l.lag, body = false, l.body
		}
		l.body = body
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, err
	}
	return resp, err
}

// staleLists repeats its first answer for every list of documents, like a copy of a cluster that lags behind.
type staleLists struct {
	http.RoundTripper
	body []byte
}

func (s *staleLists) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/_all_docs") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if s.body == nil {
		s.body = body
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(s.body)), int64(len(s.body))
	return resp, err
}

// A document is replaced even if a cluster still shows a deleted one, in lists or in reads.
func TestMergeReplacesOnALaggingCluster(t *testing.T) {
	for name, lagging := range map[string]func(http.RoundTripper) http.RoundTripper{
		"lists": func(inner http.RoundTripper) http.RoundTripper { return &staleLists{RoundTripper: inner} },
		"reads": func(inner http.RoundTripper) http.RoundTripper { return &laggingReads{RoundTripper: inner} },
	} {
		t.Run(name, func(t *testing.T) { replaceTheirs(t, lagging) })
	}
}

func replaceTheirs(t *testing.T, lagging func(http.RoundTripper) http.RoundTripper) {
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	c, err := datastore.Open(datastore.Config{URL: "http://node", Transport: lagging(node.Transport())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	db := c.Database("functions")
	if _, err := c.EnsureDatabase(t.Context(), db.Name()); err != nil {
		t.Fatal(err)
	}
	doc, err := db.Create(t.Context(), datastore.Document{"_id": "theirs", "x": "here"})
	if err == nil {
		doc["x"] = "here again"
		_, err = db.Save(t.Context(), doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := replication.Merge(t.Context(), db, []json.RawMessage{
		raw(`{"_id":"theirs","_rev":"1-aa","_revisions":{"start":1,"ids":["aa"]},"x":"there"}`),
	}, true)
	if err != nil || !slices.Equal(out.Foreign, []string{"theirs"}) {
		t.Fatalf("got %+v, error %v; want theirs replaced", out, err)
	}
	if got, err := db.Get(t.Context(), "theirs"); err != nil || got["x"] != "there" {
		t.Errorf("got %v, error %v; want the document that came in", got, err)
	}
}
