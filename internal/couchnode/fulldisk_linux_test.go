package couchnode_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/smalldisk"
)

// viewAnswers queries views in every way and lists the answers.
func viewAnswers(t *testing.T, client *http.Client) []string {
	t.Helper()
	var all []string
	for _, query := range []string{
		"v", "v?descending=true", "v?limit=7&skip=3", "v?startkey=10&endkey=20&include_docs=true", "v?keys=[3,103,999,3]",
		"v?descending=true&startkey=50&limit=90", "sum", "sum?group=true", "sum?group=true&descending=true&limit=5",
		"sum?reduce=false&key=5", "count", "count?startkey=40", "new",
	} {
		status, answer := call(t, client, "GET", "http://node/db/_design/d/_view/"+strings.ReplaceAll(query, "new", "v"), nil)
		if strings.HasPrefix(query, "new") {
			status, answer = call(t, client, "GET", "http://node/db/_design/never/_view/v", nil)
		}
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s: %d %s", query, status, text))
	}
	return all
}

// On a full disk, which has no room for an index, a view gives the same answers as with one: from the indexed part, and
// from memory. Documents that changed since are neither missing nor listed twice.
func TestViewsOnAFullDisk(t *testing.T) {
	disk, grow := smalldisk.New(t, 24<<20)
	log := &bytes.Buffer{}
	n, err := couchnode.Open(filepath.Join(disk, "node.db"), couchtest.Engine{},
		couchnode.Options{Logger: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	emitN := map[string]any{"map": "function(doc) { emit(doc.n, null); }"}
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{"views": map[string]any{
		"v":     emitN,
		"sum":   map[string]any{"map": "function(doc) { emit(doc.n, doc.n); }", "reduce": "_sum"},
		"count": map[string]any{"map": "function(doc) { emit(doc.n, null); }", "reduce": "_count"},
	}})
	put := func(i, n int) {
		t.Helper()
		url := fmt.Sprintf("http://node/db/%03d", i)
		doc := map[string]any{"n": n}
		if _, old := call(t, client, "GET", url, nil); old.(map[string]any)["_rev"] != nil {
			doc["_rev"] = old.(map[string]any)["_rev"]
		}
		mustCall(t, client, "PUT", url, doc)
	}
	for i := range 100 {
		put(i, i)
	}
	viewAnswers(t, client) // indexed so far
	for i := 0; i < 100; i += 9 {
		put(i, 100+i) // changed, and moved within the order
	}
	for i := 100; i < 130; i++ {
		put(i, i-100)
	}
	_, old := call(t, client, "GET", "http://node/db/050", nil)
	mustCall(t, client, "DELETE", "http://node/db/050?rev="+old.(map[string]any)["_rev"].(string), nil)
	mustCall(t, client, "PUT", "http://node/db/_design/never", map[string]any{
		"language": "javascript", "views": map[string]any{"v": emitN, "other": map[string]any{
			"map": "function(doc) { emit(doc._id, null); }",
		}},
	})

	_ = os.WriteFile(filepath.Join(disk, "fill"), make([]byte, 24<<20), 0o600) // until there is no room
	full := viewAnswers(t, client)
	if !strings.Contains(log.String(), "answering views from memory") {
		t.Fatalf("got the log %s, want it to tell of answers from memory", log)
	}
	log.Reset()
	grow(64 << 20)
	for i, want := range viewAnswers(t, client) {
		if full[i] != want || !strings.Contains(want, ": 200 ") {
			t.Errorf("on the full disk: got %s, want %s", full[i], want)
		}
	}
	if strings.Contains(log.String(), "from memory") {
		t.Errorf("got the log %s with room again, want no answers from memory", log)
	}
	if err := n.Check(); err != nil {
		t.Errorf("Check: got %v, want none", err)
	}
}
