package couchnode_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
)

// openBytes opens a node on a file's content. log has what it logs.
func openBytes(t *testing.T, content []byte) (n *couchnode.Node, client *http.Client, log *bytes.Buffer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	log = &bytes.Buffer{}
	n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{Logger: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n, &http.Client{Transport: n.Transport()}, log
}

// withMarks is a file whose documents and rows have unique texts.
func withMarks(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.db")
	n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{"views": map[string]any{
		"v": map[string]any{"map": "function(doc) { emit(doc.n, doc.n); }"},
	}})
	for i := range 20 {
		mustCall(t, client, "PUT", fmt.Sprintf("http://node/db/doc%02d", i),
			map[string]any{"n": fmt.Sprintf("row-%02d", i), "text": fmt.Sprintf("body-%02d", i)})
	}
	mustCall(t, client, "PUT", "http://node/db/_local/here", map[string]any{"text": "local-body"})
	mustCall(t, client, "GET", "http://node/db/_design/d/_view/v", nil)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// flipped changes one bit of the last letter wherever a text occurs.
func flipped(t *testing.T, file []byte, text string) []byte {
	t.Helper()
	changed := bytes.Clone(file)
	from := 0
	for {
		at := bytes.Index(changed[from:], []byte(text))
		if at < 0 {
			break
		}
		changed[from+at+len(text)-1] ^= 1
		from += at + len(text)
	}
	if from == 0 {
		t.Fatalf("the file does not have %q, want it there", text)
	}
	return changed
}

// A bit that the disk changed inside valid JSON is found when the document is read. The document is not answered but
// named in an error.
func TestAFlippedBitInADocumentIsFound(t *testing.T) {
	n, client, log := openBytes(t, flipped(t, withMarks(t), "body-07"))
	damaged := func(method, path string) {
		t.Helper()
		status, answer := call(t, client, method, "http://node"+path, nil)
		text, _ := json.Marshal(answer)
		if status != 500 || !strings.Contains(string(text), "doc07") || !strings.Contains(string(text), "damaged") {
			t.Errorf("%s %s: got %d %s, want 500, damaged, and the document named", method, path, status, text)
		}
	}
	damaged("GET", "/db/doc07")
	damaged("GET", "/db/_all_docs?include_docs=true")
	damaged("GET", "/db/_changes?include_docs=true")
	damaged("GET", "/db/_design/d/_view/v?include_docs=true")
	damaged("GET", "/db/doc07?open_revs=all")
	if got := log.String(); !strings.Contains(got, `"level":"ERROR"`) || !strings.Contains(got, `"document":"doc07"`) ||
		!strings.Contains(got, `"database":"db"`) {
		t.Errorf("got the log %s, want an ERROR that names database and document", got)
	}
	mustCall(t, client, "GET", "http://node/db/doc08", nil)
	rows := mustCall(t, client, "GET", "http://node/db/_all_docs", nil).(map[string]any)["rows"].([]any)
	if len(rows) != 21 {
		t.Errorf("a listing without documents: got %d rows, want 21", len(rows))
	}
	var whole *couchnode.DamagedError
	if err := n.Check(); !errors.As(err, &whole) || !strings.Contains(err.Error(), "doc07") {
		t.Errorf("Check: got %v, want a %T that names doc07", err, whole)
	}

	// A client that knows its revision can overwrite it.
	rev := ""
	for _, row := range rows {
		if row := row.(map[string]any); row["id"] == "doc07" {
			rev, _ = row["value"].(map[string]any)["rev"].(string)
		}
	}
	mustCall(t, client, "PUT", "http://node/db/doc07", map[string]any{"_rev": rev, "text": "again"})
	mustCall(t, client, "GET", "http://node/db/doc07", nil)
	if err := n.Check(); err != nil {
		t.Errorf("Check after the document was written anew: got %v, want none", err)
	}
}

// A branch that lost a conflict stays damaged when the document is written.
func TestADamagedBranchStaysDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.db")
	n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	loser, winner := "1-"+strings.Repeat("1", 32), "1-"+strings.Repeat("2", 32)
	mustCall(t, client, "POST", "http://node/db/_bulk_docs", map[string]any{"new_edits": false, "docs": []any{
		map[string]any{"_id": "a", "_rev": loser, "text": "losing-body"},
		map[string]any{"_id": "a", "_rev": winner, "text": "winning-body"},
	}})
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, client, _ = openBytes(t, flipped(t, file, "losing-body"))
	mustCall(t, client, "GET", "http://node/db/a", nil)
	mustCall(t, client, "PUT", "http://node/db/a", map[string]any{"_rev": winner, "text": "more"})
	if status, answer := call(t, client, "GET", "http://node/db/a?rev="+loser, nil); status != 500 {
		t.Errorf("the damaged branch after a write: got %d %v, want 500", status, answer)
	}
}

// The query that finds a flipped bit in an index rebuilds it.
func TestAFlippedBitInAnIndexIsMended(t *testing.T) {
	file := withMarks(t)
	for _, query := range []string{"?key=%22row-03%22", "", "?descending=true&limit=30"} {
		t.Run(query, func(t *testing.T) {
			_, client, _ := openBytes(t, file)
			want, err := json.Marshal(mustCall(t, client, "GET", "http://node/db/_design/d/_view/v"+query, nil))
			if err != nil {
				t.Fatal(err)
			}
			// In the row, and so in the value, but not in the document or the key, which is encoded.
			damaged := bytes.ReplaceAll(file, []byte(`"row-03""row-03"`), []byte(`"row-03""row-02"`))
			if bytes.Equal(damaged, file) {
				t.Fatal("the file has no such row, want one")
			}
			n, client, log := openBytes(t, damaged)
			got, err := json.Marshal(mustCall(t, client, "GET", "http://node/db/_design/d/_view/v"+query, nil))
			if err != nil || string(got) != string(want) {
				t.Errorf("got %s, error %v; want %s", got, err, want)
			}
			if !strings.Contains(log.String(), "rebuilding a damaged view index") {
				t.Errorf("got the log %s, want it to tell of the index", log)
			}
			if err := n.Check(); err != nil {
				t.Errorf("Check afterwards: got %v, want none", err)
			}
		})
	}
}

func TestAFlippedBitInALocalDocumentIsFound(t *testing.T) {
	n, client, _ := openBytes(t, flipped(t, withMarks(t), "local-body"))
	if status, answer := call(t, client, "GET", "http://node/db/_local/here", nil); status != 500 {
		t.Errorf("got %d %v, want 500", status, answer)
	}
	if err := n.Check(); err == nil {
		t.Error("Check: got no error, want one")
	}
}

// format1 is a file written by the release before checksums: two databases, 40 documents, a conflict, a deleted one,
// two views, a _local document, a security object.
func format1(t *testing.T) []byte {
	t.Helper()
	packed, err := os.Open("testdata/format1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A file of the first format is upgraded when it is opened: everything is there, and everything has a checksum.
func TestUpgradeOfAFileWithoutChecksums(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.db")
	if err := os.WriteFile(path, format1(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, opened := range []string{"for the first time", "again"} {
		n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Check(); err != nil {
			t.Errorf("Check of the file opened %s: got %v, want none", opened, err)
		}
		client := &http.Client{Transport: n.Transport()}
		rows := func(path string) int {
			t.Helper()
			list, _ := mustCall(t, client, "GET", "http://node"+path, nil).(map[string]any)["rows"].([]any)
			return len(list)
		}
		for path, want := range map[string]int{
			"/db/_all_docs?include_docs=true": 40, "/other/_all_docs": 0, "/db/_design/d/_view/v": 39,
			"/db/_design/d/_view/v?update=false": 39, "/db/_design/d/_view/w?reduce=false": 39,
		} {
			if got := rows(path); got != want {
				t.Errorf("%s of the file opened %s: got %d rows, want %d", path, opened, got, want)
			}
		}
		doc, _ := mustCall(t, client, "GET", "http://node/db/007?conflicts=true", nil).(map[string]any)
		if doc["_conflicts"] == nil {
			t.Errorf("document 007: got %v, want its conflict", doc)
		}
		local, _ := mustCall(t, client, "GET", "http://node/db/_local/checkpoint", nil).(map[string]any)
		if fmt.Sprint(local["seq"]) != "9" {
			t.Errorf("_local/checkpoint: got %v, want seq 9", local)
		}
		security, _ := json.Marshal(mustCall(t, client, "GET", "http://node/db/_security", nil))
		if !strings.Contains(string(security), `"ann"`) {
			t.Errorf("_security: got %s, want ann among its names", security)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
