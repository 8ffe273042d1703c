package localcopy_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/localcopy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a database behind a fault proxy: what the copy sees. direct is the same without the proxy.
type source struct {
	*faultproxy.Proxy
	seen, direct *datastore.Database
}

// database makes an empty one: on the embedded node, or on the CouchDB that CALLFN_TEST_COUCHDB_URL names.
func database(t *testing.T) source {
	t.Helper()
	address := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if address == "" {
		node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(node)
		t.Cleanup(func() { _ = node.Close(); server.Close() })
		address = server.URL
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	connect := func() *datastore.Connection {
		c, err := datastore.Open(datastore.Config{URL: u.String(), Breaker: true, Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := source{direct: connect().Database("t" + id[:10])}
	if _, err := s.direct.Connection().EnsureDatabase(t.Context(), s.direct.Name()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drop(t, s.direct) })
	s.Proxy = faultproxy.Start(t, u.Host)
	u.Host = s.Address()
	s.seen = connect().Database(s.direct.Name())
	return s
}

func drop(t *testing.T, db *datastore.Database) {
	t.Helper()
	if err := db.Connection().Ask(context.Background(), "DELETE", "/"+db.Name(), nil, nil); err != nil && !errors.Is(err, datastore.ErrDatabaseMissing) {
		t.Error(err)
	}
}

// logged collects the log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), text)
}

func keep(d datastore.Document) bool { return d.Type() == "function" && !d.Deleted() }

func config(file string, log *logged, db func() (*datastore.Database, error)) localcopy.Config {
	return localcopy.Config{Name: "functions", Path: file, Database: db, Keep: keep, Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil))}
}

func open(t *testing.T, file string, db *datastore.Database) (*localcopy.Copy, *logged) {
	t.Helper()
	log := &logged{}
	r, err := localcopy.Open(config(file, log, func() (*datastore.Database, error) { return db, nil }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, log
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "copy.db") }

// put stores a document over whatever is there.
func put(t *testing.T, db *datastore.Database, id string, more datastore.Document) {
	t.Helper()
	doc := datastore.Document{"_id": id, "pvt_type": "function"}
	for k, v := range more {
		doc[k] = v
	}
	if old, err := db.Get(t.Context(), id); err == nil {
		doc["_rev"] = old.Rev()
	}
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, db *datastore.Database, id string) {
	t.Helper()
	doc, err := db.Get(t.Context(), id)
	if err == nil {
		err = db.Delete(t.Context(), id, doc.Rev())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, holds func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for time.Since(begun) < 20*time.Second {
		if holds() {
			return time.Since(begun)
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s: waited in vain", what)
	return 0
}

// n is the member n of a document in the copy, "none", or the error.
func n(r *localcopy.Copy, id string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	raw, err := r.Get(ctx, id)
	if err != nil {
		return err.Error()
	}
	if raw == nil {
		return "none"
	}
	var d struct{ N any }
	if err := json.Unmarshal(raw, &d); err != nil {
		return err.Error()
	}
	return fmt.Sprint(d.N)
}

func is(r *localcopy.Copy, id, want string) func() bool {
	return func() bool { return n(r, id) == want }
}

func following(r *localcopy.Copy) func() bool { return func() bool { return r.State().Following } }

// What happens to a document is in the copy within a second.
func TestCopyIsCurrent(t *testing.T) {
	s := database(t)
	put(t, s.direct, "early", datastore.Document{"n": 1})
	put(t, s.direct, "other", datastore.Document{"n": 1, "pvt_type": "note"})
	put(t, s.direct, "_design/d", datastore.Document{"language": "javascript"})
	path := file(t)
	r, _ := open(t, path, s.seen)
	await(t, "the first copy", following(r))
	if !r.State().Complete || r.State().Age(time.Now()) > 10*time.Second {
		t.Errorf("%+v", r.State())
	}
	for id, want := range map[string]string{"early": "1", "other": "none", "_design/d": "none", "absent": "none", "": "none"} {
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
			t.Errorf("%s: in the copy after %s", step.name, took)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// The document is there byte for byte, whatever it holds.
func TestCopyIsExact(t *testing.T) {
	s := database(t)
	put(t, s.direct, "a", datastore.Document{"big": json.Number("12345678901234567890"), "text": "é\u2028<&>", "Z": []any{}})
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

// Through an outage the copy serves what it has, says how old it is, and catches up by itself.
func TestOutage(t *testing.T) {
	for _, f := range []struct {
		name  string
		fault faultproxy.Fault
	}{
		{"refusing", faultproxy.Refuse},
		{"resetting", faultproxy.Reset},
		{"half-open", faultproxy.Silent},
		{"503", faultproxy.Status(503, `{"error":"nodedown","reason":"progress not possible"}`)},
		{"500", faultproxy.Status(500, `{"error":"enospc","reason":"no space left on device"}`)},
		{"401", faultproxy.Status(401, `{"error":"unauthorized","reason":"Name or password is incorrect."}`)},
		{"no database", faultproxy.Status(404, `{"error":"not_found","reason":"Database does not exist."}`)},
		{"garbage", faultproxy.Answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n<html>\n")},
		{"bad sequence", faultproxy.Status(400, `{"error":"bad_request","reason":"Malformed sequence supplied in 'since' parameter."}`)},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := database(t)
			put(t, s.direct, "a", datastore.Document{"n": 1})
			put(t, s.direct, "b", datastore.Document{"n": 1})
			r, log := open(t, file(t), s.seen)
			await(t, "the first copy", following(r))
			s.Set(f.fault)
			await(t, "knowing of the outage", func() bool { return !r.State().Following })
			put(t, s.direct, "a", datastore.Document{"n": 2})
			remove(t, s.direct, "b")
			put(t, s.direct, "c", datastore.Document{"n": 1})
			if n(r, "a") != "1" || n(r, "b") != "1" {
				t.Errorf("what the copy has is not served: %s %s", n(r, "a"), n(r, "b"))
			}
			before := r.State()
			await(t, "the log", func() bool { return log.has("changes do not arrive") && log.has("age=") })
			if s := r.State(); s.Following || !s.Complete || s.Cause == nil || s.AsOf != before.AsOf {
				t.Errorf("%+v", s)
			}
			var stale *localcopy.StaleError
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			if _, err := r.Get(ctx, "c"); !errors.As(err, &stale) || stale.Age <= 0 || !strings.Contains(err.Error(), "old") {
				t.Errorf("a document that the copy has not: %v", err)
			}
			if raw, err := r.Newest(ctx, "a"); err != nil || !strings.Contains(string(raw), `"n":1`) {
				t.Errorf("the newest is what the copy has: %s %v", raw, err)
			}
			cancel()
			s.Set(faultproxy.Pass)
			await(t, "recovery", following(r))
			await(t, "a", is(r, "a", "2"))
			await(t, "b", is(r, "b", "none"))
			await(t, "c", is(r, "c", "1"))
			await(t, "the log", func() bool { return log.has("current again") })
		})
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
			t.Fatalf("%d: %s %v", i, raw, err)
		}
	}
}

// A restart while the database is away has the copy as it was, and knows how old it is.
func TestRestartThroughOutage(t *testing.T) {
	s := database(t)
	put(t, s.direct, "a", datastore.Document{"n": 1})
	path := file(t)
	r, _ := open(t, path, s.seen)
	await(t, "the first copy", following(r))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s.Set(faultproxy.Refuse)
	put(t, s.direct, "a", datastore.Document{"n": 2})
	r, _ = open(t, path, s.seen)
	st := r.State()
	if n(r, "a") != "1" || !st.Complete || st.Following || st.Age(time.Now()) <= 0 || st.Age(time.Now()) > time.Minute {
		t.Errorf("%s %+v", n(r, "a"), st)
	}
	s.Set(faultproxy.Pass)
	await(t, "recovery", is(r, "a", "2"))
}

// A database that was made anew, or purged, while nobody looked tells of it in no feed.
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
	await(t, "a new database", func() bool { // CouchDB answers 500 while it forgets the old one
		_, err := s.direct.Connection().EnsureDatabase(t.Context(), s.direct.Name())
		return err == nil
	})
	put(t, s.direct, "both", datastore.Document{"n": 2})
	put(t, s.direct, "new", datastore.Document{"n": 3})
	r, _ = open(t, path, s.seen)
	await(t, "the copy", following(r))
	if n(r, "old7") != "none" || n(r, "both") != "2" || n(r, "new") != "3" {
		t.Errorf("%s %s %s", n(r, "old7"), n(r, "both"), n(r, "new"))
	}
}

// A storage plan moves the database: the copy goes along, and never is without what it has.
func TestDatabaseMoves(t *testing.T) {
	from, to := database(t), database(t)
	put(t, from.direct, "a", datastore.Document{"n": 1})
	put(t, from.direct, "gone", datastore.Document{"n": 1})
	put(t, to.direct, "a", datastore.Document{"n": 2})
	put(t, to.direct, "b", datastore.Document{"n": 2})
	var mu sync.Mutex
	now := from.seen
	r, err := localcopy.Open(config(file(t), &logged{}, func() (*datastore.Database, error) {
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
			t.Fatalf("a is %s on the way", got)
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
	if n(r, "a") != "1" || !log.has("made anew") {
		t.Errorf("%s", n(r, "a"))
	}
	if _, err := localcopy.Open(config(path, &logged{}, nil)); err == nil || !strings.Contains(err.Error(), "data directory of its own") {
		t.Errorf("opened twice: %v", err)
	}
}

// Whatever is written, whenever the network fails: in the end the copy is what the database is.
func TestCopyConverges(t *testing.T) {
	s := database(t)
	r, _ := open(t, file(t), s.seen)
	random := mathrand.New(mathrand.NewPCG(1, 2))
	faults := []faultproxy.Fault{faultproxy.Refuse, faultproxy.Reset, faultproxy.Slow(20 * time.Millisecond), faultproxy.Pass}
	want := map[string]string{}
	for i := range 300 {
		id := fmt.Sprint("doc", random.IntN(40))
		switch was := want[id]; {
		case was != "" && was != "none" && random.IntN(3) == 0:
			remove(t, s.direct, id)
			want[id] = "none"
		default:
			put(t, s.direct, id, datastore.Document{"n": i})
			want[id] = fmt.Sprint(i)
		}
		if i%30 == 29 {
			s.Set(faults[random.IntN(len(faults))])
		}
	}
	s.Set(faultproxy.Pass)
	for id, n := range want {
		await(t, id+" is "+n, is(r, id, n))
	}
}

// A copy of many documents is on disk, not in memory. CALLFN_TEST_SOAK=1 makes it 100,000.
func TestCopyOfMany(t *testing.T) {
	if testing.Short() {
		t.Skip("measures the heap, which the race detector fills: run this without -short")
	}
	n, size := 2000, 16<<10
	if os.Getenv("CALLFN_TEST_SOAK") != "" {
		n, size = 100_000, 4<<10
	}
	s := database(t)
	source := strings.Repeat("x", size)
	for i := 0; i < n; i += 500 {
		var docs []datastore.Document
		for j := i; j < i+500; j++ {
			docs = append(docs, datastore.Document{"_id": fmt.Sprintf("%032x", j), "pvt_type": "function", "function_js": source})
		}
		if _, err := s.direct.BulkSave(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
	before := heap()
	peak := before
	begun := time.Now()
	path := file(t)
	r, err := localcopy.Open(config(path, &logged{}, func() (*datastore.Database, error) { return s.seen, nil }))
	if err != nil {
		t.Fatal(err)
	}
	for !r.State().Following {
		if time.Since(begun) > 10*time.Minute {
			t.Fatal("no copy yet: ", r.State())
		}
		peak = max(peak, heap())
		time.Sleep(50 * time.Millisecond)
	}
	first := time.Since(begun)
	for i := range 1000 {
		if raw, err := r.Get(t.Context(), fmt.Sprintf("%032x", i*n/1000)); err != nil || len(raw) < size {
			t.Fatal(i, len(raw), err)
		}
	}
	took := time.Since(begun) - first
	peak = max(peak, heap())
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	begun = time.Now()
	if r, err = localcopy.Open(config(path, &logged{}, func() (*datastore.Database, error) { return s.seen, nil })); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for !r.State().Following {
		peak = max(peak, heap())
		time.Sleep(50 * time.Millisecond)
	}
	again := time.Since(begun)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d documents of %d KiB: copied in %s, 1,000 read in %s, compared at the next start in %s; heap grew by at most %d MiB, file %d MiB",
		n, size>>10, first.Round(time.Millisecond), took.Round(time.Millisecond), again.Round(time.Millisecond), (peak-before)>>20, info.Size()>>20)
	if most := uint64(n * size / 2); peak-before > most { // the node, in this process as well, has its share
		t.Errorf("the heap grew by %d MiB for %d MiB of documents", (peak-before)>>20, n*size>>20)
	}
}

// heap is what is alive on it, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
