package localcopy_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/localcopy"
	"callfn/internal/testlog"
)

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
			docs = append(docs, datastore.Document{
				"_id": fmt.Sprintf("%032x", j), "pvt_type": "function",
				"function_js": source,
			})
		}
		if _, err := s.direct.BulkSave(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
	before := heap()
	peak := before
	begun := time.Now()
	path := file(t)
	r, err := localcopy.Open(config(path, &testlog.Buffer{}, func() (*datastore.Database, error) { return s.seen, nil }))
	if err != nil {
		t.Fatal(err)
	}
	for !r.State().Following {
		if time.Since(begun) > 10*time.Minute {
			t.Fatalf("got no copy after 10 min, want one: %+v", r.State())
		}
		peak = max(peak, heap())
		time.Sleep(50 * time.Millisecond)
	}
	first := time.Since(begun)
	for i := range 1000 {
		if raw, err := r.Get(t.Context(), fmt.Sprintf("%032x", i*n/1000)); err != nil || len(raw) < size {
			t.Fatalf("document %d: got %d bytes, error %v; want at least %d", i, len(raw), err, size)
		}
	}
	took := time.Since(begun) - first
	peak = max(peak, heap())
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	begun = time.Now()
	if r, err = localcopy.Open(config(path, &testlog.Buffer{}, func() (*datastore.Database, error) {
		return s.seen,
			nil
	})); err != nil {
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
	t.Logf("%d documents of %d KiB: copied in %s, 1,000 read in %s, compared at the next start in %s; heap grew by at "+
		"most %d MiB, file %d MiB",
		n, size>>10, first.Round(time.Millisecond), took.Round(time.Millisecond), again.Round(time.Millisecond),
		(peak-before)>>20, info.Size()>>20)
	if most := uint64(n * size / 2); peak-before > most { // the node, in this process too, has its share
		t.Errorf("the heap grew by %d MiB for %d MiB of documents, want half of them at most", (peak-before)>>20,
			n*size>>20)
	}
}

// heap returns the bytes of live objects.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
