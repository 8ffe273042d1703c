package localcopy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/localcopy"
	"callfn/internal/testlog"
)

// A change of a document is in the copy within a second.
func TestCopyIsCurrent(t *testing.T) {
	s := database(t)
	put(t, s.direct, "early", datastore.Document{"n": 1})
	put(t, s.direct, "other", datastore.Document{"n": 1, "pvt_type": "note"})
	put(t, s.direct, "_design/d", datastore.Document{"language": "javascript"})
	path := file(t)
	r, _ := open(t, path, s.seen)
	await(t, "the first copy", following(r))
	if !r.State().Complete || r.State().Age(time.Now()) > 10*time.Second {
		t.Errorf("got %+v, want it complete and younger than 10 s", r.State())
	}
	for id, want := range map[string]string{
		"early": "1", "other": "none", "_design/d": "none", "absent": "none",
		"": "none",
	} {
		if got := n(r, id); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"made", func() { put(t, s.direct, "a", datastore.Document{"n": 1}) }, "1"},
		{"changed", func() { put(t, s.direct, "a", datastore.Document{"n": 2}) }, "2"},
		{"softly deleted", func() { put(t, s.direct, "a", datastore.Document{"pvt_deleted": true}) }, "none"},
		{"back", func() { put(t, s.direct, "a", datastore.Document{"n": 3}) }, "3"},
		{"deleted", func() { remove(t, s.direct, "a") }, "none"},
		{"made anew", func() { put(t, s.direct, "a", datastore.Document{"n": 4}) }, "4"},
	} {
		step.do()
		if took := await(t, step.name, is(r, "a", step.want)); took > time.Second {
			t.Errorf("%s: got it in the copy after %s, want at most 1 s", step.name, took)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, error %v; want 0600", info.Mode(), err)
	}
}

// The copy has the document byte for byte, whatever it contains.
func TestCopyIsExact(t *testing.T) {
	s := database(t)
	put(t, s.direct, "a", datastore.Document{
		"big": json.Number("12345678901234567890"), "text": "é\u2028<&>",
		"Z": []any{},
	})
	r, _ := open(t, file(t), s.seen)
	await(t, "the first copy", following(r))
	want, err := s.direct.GetRaw(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Get(t.Context(), "a")
	if err != nil || string(got) != string(want) {
		t.Errorf("%s %v, want %s", got, err, want)
	}
}

// Newest does not wait for the feed.
func TestNewest(t *testing.T) {
	s := database(t)
	r, _ := open(t, file(t), s.seen)
	await(t, "the first copy", following(r))
	for i := range 20 {
		put(t, s.direct, "a", datastore.Document{"n": i})
		raw, err := r.Newest(t.Context(), "a")
		if err != nil || !strings.Contains(string(raw), fmt.Sprintf(`"n":%d`, i)) {
			t.Fatalf("write %d: got %s, error %v; want it there", i, raw, err)
		}
	}
}

// A database that was recreated or purged meanwhile reports that in no feed.
func TestDatabaseMadeAnew(t *testing.T) {
	s := database(t)
	for i := range 30 {
		put(t, s.direct, fmt.Sprint("old", i), datastore.Document{"n": i})
	}
	put(t, s.direct, "both", datastore.Document{"n": 1})
	path := file(t)
	r, _ := open(t, path, s.seen)
	await(t, "the first copy", following(r))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	drop(t, s.direct)
	await(t, "a new database", func() bool { // CouchDB answers 500 while it deletes the old one
		_, err := s.direct.Connection().EnsureDatabase(t.Context(), s.direct.Name())
		return err == nil
	})
	put(t, s.direct, "both", datastore.Document{"n": 2})
	put(t, s.direct, "new", datastore.Document{"n": 3})
	r, _ = open(t, path, s.seen)
	await(t, "the copy", following(r))
	if n(r, "old7") != "none" || n(r, "both") != "2" || n(r, "new") != "3" {
		t.Errorf("got %s %s %s, want none 2 3", n(r, "old7"), n(r, "both"), n(r, "new"))
	}
}

// A storage plan moves the database: the copy follows and never loses what it has.
func TestDatabaseMoves(t *testing.T) {
	from, to := database(t), database(t)
	put(t, from.direct, "a", datastore.Document{"n": 1})
	put(t, from.direct, "gone", datastore.Document{"n": 1})
	put(t, to.direct, "a", datastore.Document{"n": 2})
	put(t, to.direct, "b", datastore.Document{"n": 2})
	var mu sync.Mutex
	now := from.seen
	r, err := localcopy.Open(config(file(t), &testlog.Buffer{}, func() (*datastore.Database, error) {
		mu.Lock()
		defer mu.Unlock()
		return now, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	await(t, "the first copy", following(r))
	mu.Lock()
	now = to.seen
	mu.Unlock()
	await(t, "the new place", func() bool {
		if got := n(r, "a"); got != "1" && got != "2" {
			t.Fatalf("a is %s on the way, want 1 or 2", got)
		}
		return n(r, "a") == "2" && n(r, "gone") == "none" && n(r, "b") == "2"
	})
	put(t, to.direct, "a", datastore.Document{"n": 3})
	await(t, "following there", is(r, "a", "3"))
}

func TestDamagedFile(t *testing.T) {
	s := database(t)
	put(t, s.direct, "a", datastore.Document{"n": 1})
	path := file(t)
	if err := os.WriteFile(path, bytes.Repeat([]byte("no copy at all. "), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	r, log := open(t, path, s.seen)
	await(t, "a new copy", following(r))
	if got := n(r, "a"); got != "1" || !log.Has("making a new one") {
		t.Errorf("a is %s, want 1, and a log that says \"making a new one\"", got)
	}
	if _, err := localcopy.Open(config(path, &testlog.Buffer{}, nil)); err == nil || !strings.Contains(err.Error(),
		"data directory of its own") {
		t.Errorf("opened twice: got error %v, want a data directory of its own asked for", err)
	}
}
