package couchnode

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/boltfile"
	"callfn/internal/couchnode/revtree"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRecordRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &record{seq: rapid.Uint64().Draw(t, "seq")}
		for range rapid.IntRange(1, 4).Draw(t, "leaves") {
			leaf := revtree.Leaf{Deleted: rapid.Bool().Draw(t, "deleted"), Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body")}
			leaf.Sum = boltfile.Checksum(leaf.Body)
			leaf.Gen = rapid.Int64Range(5, 1<<53).Draw(t, "gen")
			for range rapid.IntRange(1, 5).Draw(t, "ids") {
				leaf.IDs = append(leaf.IDs, revtree.ID(rapid.StringN(1, 40, -1).Draw(t, "id")))
			}
			r.tree = append(r.tree, leaf)
		}
		got, err := decodeRecord([]byte("doc"), r.encode("doc"))
		if err != nil {
			t.Fatal(err)
		}
		if got.seq != r.seq || !cmp.Equal(r.tree, got.tree,
			cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })) {
			t.Fatalf("got %+v, want %+v", got, r)
		}
	})
}

// A damaged record gives an error, never a panic.
func FuzzDecodeRecord(f *testing.F) {
	leaf := revtree.Leaf{Path: revtree.Path{Gen: 2, IDs: []revtree.ID{"b", "a"}}, Body: []byte("{}")}
	f.Add((&record{seq: 7, tree: revtree.Tree{leaf}}).encode("doc"))
	f.Add([]byte{recordVersion1, 7, 1, 0, 2, 2, 1, 'b', 1, 'a', 2, '{', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := decodeRecord([]byte("doc"), b); err == nil && len(r.tree) == 0 {
			t.Error("got a record without a leaf, want an error")
		}
		if r, err := decodeRecord1(b); err == nil && len(r.tree) == 0 {
			t.Error("got a record of the first format without a leaf, want an error")
		}
	})
}

// A response object is refused or can be sent: net/http accepts its code and headers.
func FuzzShowAnswer(f *testing.F) {
	for _, s := range []string{`{"json":1}`, `{"code":500,"body":"x","headers":{"A":"b"}}`, `{"base64":"YQ=="}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseShowAnswer(b)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		for _, h := range a.headers {
			w.Header().Set(h.key, h.value)
			if strings.ContainsAny(h.key+h.value, "\r\n") {
				t.Errorf("got the header %q: %q, want no line breaks", h.key, h.value)
			}
		}
		w.WriteHeader(a.code)
		if err := w.Result().Header.Write(io.Discard); err != nil {
			t.Error(err)
		}
	})
}

// noEngine answers nothing, at once.
type noEngine struct{}

func (noEngine) Show(context.Context, string, string, json.RawMessage, ShowRequest) (json.RawMessage, error) {
	return json.RawMessage(`{"json":null}`), nil
}

func (noEngine) Validate(_ context.Context, _, _ string, _, _ json.RawMessage, edits []Edit) ([]*EngineError, error) {
	return make([]*EngineError, len(edits)), nil
}

func (noEngine) Map(_ context.Context, _ string, funs []string, docs []json.RawMessage) ([][][]Row, error) {
	rows := make([][][]Row, len(docs))
	for i := range rows {
		rows[i] = make([][]Row, len(funs))
	}
	return rows, nil
}

// For any request, the node answers JSON (or a document list), and never an internal failure.
func FuzzRequests(f *testing.F) {
	for _, s := range [][3]string{
		{"GET", "/db/_all_docs?startkey=%22a%22&limit=1", ""},
		{"PUT", "/db/a?new_edits=false", `{"_revisions":{"start":2,"ids":["b","a"]}}`},
		{"POST", "/db/_bulk_docs", `{"docs":[{"_id":"a"},{"_id":"_local/x"}],"new_edits":true}`},
		{"POST", "/db/_revs_diff", `{"a":["1-a"]}`},
		{"POST", "/db/_bulk_get?revs=true", `{"docs":[{"id":"a","rev":"1-a"}]}`},
		{"GET", "/db/a?open_revs=%5B%221-a%22%5D&latest=true", ""},
		{"GET", "/db/_changes?since=1&descending=true&filter=_doc_ids&doc_ids=%5B%5D", ""},
		{"POST", "/db/_design/d/_view/v?group_level=2", `{"keys":[["a",{}]],"limit":1}`},
		{"GET", "/db/_design/d/_view/v?startkey=%5B%5D&endkey=%7B%7D&descending=true&startkey_docid=x", ""},
		{"POST", "/db/_design/d/_show/s/x/y?a=%26;b", "a=b&c"},
		{"PUT", "/db/_design/e", `{"views":{"v":{"map":"x","reduce":"_sum"}},"shows":{"s":"x"}}`},
		{"PUT", "/db/_security", `{"admins":{"names":["a"]}}`},
		{"DELETE", "/db/_local/x?rev=0-1", ""},
	} {
		f.Add(s[0], s[1], s[2])
	}
	n, err := Open(filepath.Join(f.TempDir(), "node.db"), noEngine{}, Options{MaxRequestBytes: 1 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { n.Close() })
	do := func(method, target, body string) (status int, answer []byte, ok bool) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, "http://node"+target, strings.NewReader(body))
		if err != nil || strings.Contains(target, "feed=") {
			return 0, nil, false
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		n.ServeHTTP(w, r)
		return w.Code, w.Body.Bytes(), true
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		do("PUT", "/db", "")
		do("PUT", "/db/_design/d", `{"views":{"v":{"map":"x","reduce":"_count"}},"shows":{"s":"x"}}`)
		status, answer, ok := do(method, target, body)
		if !ok {
			return
		}
		if status == 500 || status < 200 {
			t.Fatalf("%s %q: got %d %s, want a status from 200 up, and not 500", method, target, status, answer)
		}
		if len(answer) > 0 && !json.Valid(answer) {
			t.Fatalf("%s %q: got %d %s, want JSON", method, target, status, answer)
		}
	})
}
