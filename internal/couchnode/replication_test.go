package couchnode_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strings"
	"testing"

	"callfn/internal/couchnode/couchtest"

	"github.com/google/go-cmp/cmp"
)

// tester has the common methods of testing.TB and *rapid.T.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// call sends a JSON request and returns the status and the decoded answer.
func call(t tester, client *http.Client, method, url string, body any) (int, any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if body == nil {
		text = nil
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s %s: got %d %s, want JSON", method, url, resp.StatusCode, raw)
		}
	}
	return resp.StatusCode, v
}

func mustCall(t tester, client *http.Client, method, url string, body any) any {
	t.Helper()
	status, v := call(t, client, method, url, body)
	if status/100 != 2 {
		t.Fatalf("%s %s: got %d %v, want a status of 2xx", method, url, status, v)
	}
	return v
}

// contents returns everything that replication carries: every leaf with its history, including deletions.
func contents(t tester, client *http.Client, db string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	changes := mustCall(t, client, "GET", db+"/_changes?style=all_docs", nil)
	for _, c := range changes.(map[string]any)["results"].([]any) {
		id := c.(map[string]any)["id"].(string)
		leaves := mustCall(t, client, "GET", db+"/"+escapeID(id)+"?open_revs=all&revs=true", nil)
		for _, l := range leaves.([]any) {
			text, _ := json.Marshal(l)
			out[id] = append(out[id], string(text))
		}
		sort.Strings(out[id])
	}
	return out
}

// escapeID returns a document id as a path segment. CouchDB would read a + in a path as a space.
func escapeID(id string) string {
	prefix := ""
	if rest, ok := strings.CutPrefix(id, "_design/"); ok {
		prefix, id = "_design/", rest
	}
	return prefix + strings.ReplaceAll(url.PathEscape(id), "+", "%2B")
}

// fill creates a database with difficult cases for replicators.
func fill(t testing.TB, client *http.Client, db string) {
	t.Helper()
	mustCall(t, client, "PUT", db, nil)
	docs := []any{
		map[string]any{"_id": "conflict", "_rev": "2-bbb", "_revisions": map[string]any{
			"start": 2,
			"ids":   []string{"bbb", "aaa"},
		}, "x": "b"},
		map[string]any{"_id": "conflict", "_rev": "2-ccc", "_revisions": map[string]any{
			"start": 2,
			"ids":   []string{"ccc", "aaa"},
		}, "x": "c"},
		map[string]any{"_id": "conflict", "_rev": "3-ddd", "_revisions": map[string]any{
			"start": 3,
			"ids":   []string{"ddd", "ccc2", "aaa"},
		}, "_deleted": true},
		map[string]any{
			"_id": "gone", "_rev": "2-b", "_revisions": map[string]any{"start": 2, "ids": []string{"b", "a"}},
			"_deleted": true, "why": "moved",
		},
		map[string]any{"_id": "a/b +é", "_rev": "1-a", "text": "é 😀", "n": 1.5},
		map[string]any{
			"_id": "_design/d", "_rev": "1-a",
			"views": map[string]any{"v": map[string]any{"map": "function(doc) { emit(doc.x, null); }"}},
		},
	}
	mustCall(t, client, "POST", db+"/_bulk_docs", map[string]any{"new_edits": false, "docs": docs})
	var many []any
	for i := range 300 {
		many = append(many, map[string]any{"_id": fmt.Sprintf("doc-%03d", i), "i": i})
	}
	mustCall(t, client, "POST", db+"/_bulk_docs", map[string]any{"docs": many})
	for i := range 20 { // updates move documents to the end of the sequence
		at := fmt.Sprintf("%s/doc-%03d", db, i)
		doc := mustCall(t, client, "GET", at, nil).(map[string]any)
		doc["again"] = true
		mustCall(t, client, "PUT", at, doc)
	}
}

// replicate makes a server's own replicator copy one database to another, and fails if writes failed.
func replicate(t testing.TB, server, source, target string) {
	t.Helper()
	ask(t, server, map[string]any{"source": source, "target": target})
}

// ask makes a server's own replicator carry out a _replicate document.
func ask(t testing.TB, server string, replication map[string]any) {
	t.Helper()
	answer := mustCall(t, http.DefaultClient, "POST", server+"/_replicate", replication).(map[string]any)
	if answer["ok"] != true {
		t.Fatalf("replication: got %v, want ok", answer)
	}
	failures := answer["doc_write_failures"]
	if history, ok := answer["history"].([]any); ok && len(history) > 0 {
		failures = history[0].(map[string]any)["doc_write_failures"]
	}
	if failures != nil && failures != 0.0 {
		t.Errorf("%v documents could not be written, want none to fail: %v", failures, answer)
	}
}

// testInterop replicates to another server and back to a second database with that server's replicator.
func testInterop(t *testing.T, server string) {
	node := serve(t, openNode(t))
	there := server + "/callfn-test-" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))
	call(t, http.DefaultClient, "DELETE", there, nil)
	mustCall(t, http.DefaultClient, "PUT", there, nil)
	t.Cleanup(func() { call(t, http.DefaultClient, "DELETE", there, nil) })
	fill(t, http.DefaultClient, node+"/source")
	mustCall(t, http.DefaultClient, "PUT", node+"/back", nil)

	replicate(t, server, node+"/source", there)
	replicate(t, server, there, node+"/back")
	want := contents(t, http.DefaultClient, node+"/source")
	if len(want) != 304 {
		t.Errorf("got %d documents to begin with, want 304", len(want))
	}
	if d := cmp.Diff(want, contents(t, http.DefaultClient, node+"/back")); d != "" {
		t.Errorf("after the way there and back (-want +got):\n%s", d)
	}

	// Another round, after a few changes, continues from the checkpoint and copies only those.
	doc := mustCall(t, http.DefaultClient, "GET", node+"/source/doc-100", nil).(map[string]any)
	doc["more"] = true
	mustCall(t, http.DefaultClient, "PUT", node+"/source/doc-100", doc)
	gone := mustCall(t, http.DefaultClient, "GET", node+"/source/doc-101", nil).(map[string]any)
	mustCall(t, http.DefaultClient, "DELETE", node+"/source/doc-101?rev="+gone["_rev"].(string), nil)
	replicate(t, server, node+"/source", there)
	replicate(t, server, there, node+"/back")
	if d := cmp.Diff(contents(t, http.DefaultClient, node+"/source"), contents(t, http.DefaultClient, node+
		"/back")); d != "" {
		t.Errorf("after the second round (-want +got):\n%s", d)
	}
}

// testOpenInterop replicates the one database of a socket without credentials away, without checkpoints, which would be
// written to the source too. Replicating back is refused: such a socket is for reading.
func testOpenInterop(t *testing.T, server string) {
	n, client := inProcess(t)
	open := "http://" + servePublic(t, n, nil) + "/functions"
	there := server + "/callfn-test-" + strings.ToLower(t.Name())
	call(t, http.DefaultClient, "DELETE", there, nil)
	mustCall(t, http.DefaultClient, "PUT", there, nil)
	t.Cleanup(func() { call(t, http.DefaultClient, "DELETE", there, nil) })
	fill(t, client, "http://node/functions")
	ask(t, server, map[string]any{"source": open, "target": there, "use_checkpoints": false})
	want := contents(t, client, "http://node/functions")
	if d := cmp.Diff(want, contents(t, http.DefaultClient, there)); d != "" || len(want) != 304 {
		t.Errorf("got %d documents, want 304 (-want +got):\n%s", len(want), d)
	}
	mustCall(t, http.DefaultClient, "PUT", there+"/new", map[string]any{"x": 1})
	if status, answer := call(t, http.DefaultClient, "POST", server+"/_replicate", map[string]any{
		"source": there,
		"target": open,
	}); status < 400 {
		t.Errorf("replication to a socket without credentials: %d %v; want it refused", status, answer)
	}
	if d := cmp.Diff(want, contents(t, client, "http://node/functions")); d != "" {
		t.Errorf("a socket without credentials, want nothing written (-want +got):\n%s", d)
	}
}

func TestReplicationByCouchDB(t *testing.T) {
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" || !strings.Contains(url, "127.0.0.1") && !strings.Contains(url, "localhost") {
		t.Skip("skipped: replication by Apache CouchDB. To run it: " +
			"CALLFN_TEST_COUCHDB_URL=http://admin:password@127.0.0.1:5984 " +
			"go test -run TestReplicationByCouchDB ./internal/couchnode (the server must be on this machine)")
	}
	testInterop(t, strings.TrimSuffix(url, "/"))
	testOpenInterop(t, strings.TrimSuffix(url, "/"))
}

func TestReplicationByPouchDB(t *testing.T) {
	server := couchtest.StartPouchDBServer(t)
	testInterop(t, server)
	testOpenInterop(t, server)
}
