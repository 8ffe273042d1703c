package couchnode_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"

	"github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
)

// openNode opens a node in a directory of its own, closed when the test ends.
func openNode(t testing.TB) *couchnode.Node {
	t.Helper()
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// kivikClient reaches a node the way the service does.
func kivikClient(t testing.TB, n *couchnode.Node) *kivik.Client {
	t.Helper()
	c, err := kivik.New("couch", "http://node/", couchdb.OptionHTTPClient(&http.Client{Transport: n.Transport()}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKivikSmoke(t *testing.T) {
	n := openNode(t)
	c := kivikClient(t, n)
	ctx := context.Background()
	if err := c.CreateDB(ctx, "functions"); err != nil {
		t.Fatal(err)
	}
	db := c.DB("functions")
	rev, err := db.Put(ctx, "a", map[string]any{"x": 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Put(ctx, "a", map[string]any{"x": 2}); kivik.HTTPStatus(err) != 409 {
		t.Fatal(err)
	}
	if got, err := db.GetRev(ctx, "a"); err != nil || got != rev {
		t.Fatal(got, err)
	}
	_, err = db.Put(ctx, "_design/d", map[string]any{
		"views": map[string]any{"v": map[string]any{"map": "function(doc){emit([doc.x, doc._id], 1)}", "reduce": "_count"}},
		"shows": map[string]any{"s": "function(doc, req){return {json: {x: doc.x, q: req.query}}}"},
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := db.Query(ctx, "d", "v", kivik.Params(map[string]any{"reduce": false, "include_docs": true, "startkey": []any{1}}))
	for rows.Next() {
		var doc struct{ X int }
		if err := rows.ScanDoc(&doc); err != nil || doc.X != 1 {
			t.Error(doc, err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
