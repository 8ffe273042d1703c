package couchnode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
)

// filled creates a node's file with documents and an index. It returns its bytes and what a listing of each shows.
func filled(t *testing.T) (file []byte, want string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.db")
	n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/_design/d",
		map[string]any{"views": map[string]any{"v": map[string]any{"map": "function(doc) { emit(doc.n, null); }"}}})
	for i := range 120 {
		mustCall(t, client, "PUT", fmt.Sprintf("http://node/db/%03d", i),
			map[string]any{"n": i, "pad": strings.Repeat("x", 150)})
	}
	want = listings(t, n)
	if err := n.Check(); err != nil {
		t.Fatalf("a healthy file: got error %v, want none", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return file, want
}

// listings returns how many documents, and rows of the view, a node lists, and which.
func listings(t *testing.T, n *couchnode.Node) string {
	t.Helper()
	client := &http.Client{Transport: n.Transport()}
	var all strings.Builder
	for _, path := range []string{"/db/_all_docs", "/db/_design/d/_view/v"} {
		_, body := call(t, client, "GET", "http://node"+path, nil)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// If any page of the file is lost, the node reports the damage and what to do, or everything is still there. It never
// silently lists less, nor crashes the process.
func TestADamagedFileIsNoticed(t *testing.T) {
	file, want := filled(t)
	page := os.Getpagesize()
	file = file[:(len(bytes.TrimRight(file, "\x00"))/page+1)*page] // bbolt allocates space in advance
	dir, examined, noticed := t.TempDir(), 0, 0
	examine := func(name string, content []byte) {
		examined++
		path := filepath.Join(dir, fmt.Sprint(examined))
		defer os.Remove(path) //nolint:errcheck // the directory goes anyway
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := couchnode.Open(path, couchtest.Engine{}, couchnode.Options{})
		if err == nil {
			defer func() { _ = n.Close() }()
			err = n.Check()
		}
		if err != nil {
			var damaged *couchnode.DamagedError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), "restore") {
				t.Errorf("%s: %v, want a DamagedError that says to restore", name, err)
			}
			noticed++
			return
		}
		if got := listings(t, n); got != want {
			t.Errorf("%s: it lists %d bytes without a word, want %d", name, len(got), len(want))
		}
	}
	for at := 0; at+page <= len(file); at += page {
		zeroed, random := bytes.Clone(file), bytes.Clone(file)
		copy(zeroed[at:], make([]byte, page))
		for i := range page {
			random[at+i] = byte(i*7 + at/page)
		}
		examine(fmt.Sprintf("page %d zeroed", at/page), zeroed)
		examine(fmt.Sprintf("page %d overwritten", at/page), random)
	}
	for _, size := range []int{len(file) - page, len(file) / 2, 2 * page, page, 100} {
		examine(fmt.Sprintf("cut off at %d", size), bytes.Clone(file[:size]))
	}
	if noticed < examined/2 {
		t.Errorf("%d of %d damages were noticed, want most of them", noticed, examined)
	}
}
