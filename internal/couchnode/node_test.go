package couchnode_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"

	"github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
)

// mapEngine maps with a Go function, for tests of the node and not of JavaScript, which the race detector slows down.
type mapEngine struct {
	couchtest.Engine
	mapDoc func(doc json.RawMessage) []couchnode.Row
}

func (e mapEngine) Map(_ context.Context, _ string, funs []string,
	docs []json.RawMessage,
) ([][][]couchnode.Row, error) {
	rows := make([][][]couchnode.Row, len(docs))
	for i, doc := range docs {
		for range funs {
			rows[i] = append(rows[i], e.mapDoc(doc))
		}
	}
	return rows, nil
}

// openNodeWith is openNode with an engine of the test's choice.
func openNodeWith(t testing.TB, engine couchnode.Engine) (*couchnode.Node, *http.Client) {
	t.Helper()
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n, &http.Client{Transport: n.Transport()}
}

// openNode opens a node in its own directory and closes it when the test ends.
func openNode(t testing.TB) *couchnode.Node {
	t.Helper()
	n, _ := openNodeWith(t, couchtest.Engine{})
	return n
}

// kivikClient reaches a node as the service does.
func kivikClient(t testing.TB, n *couchnode.Node, opts ...kivik.Option) *kivik.Client {
	t.Helper()
	opts = append(opts, couchdb.OptionHTTPClient(&http.Client{Transport: n.Transport()}))
	c, err := kivik.New("couch", "http://node/", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
