package kvtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"callfn/internal/kv"
)

func duration(ns int64) time.Duration { return time.Duration(ns) }

// Versions of a key grow with every write, and go on growing after it was deleted, expired or purged.
func versions(t *testing.T, f *fixture) {
	last := uint64(0)
	wrote := func(did string, v uint64) {
		t.Helper()
		if v <= last {
			t.Fatalf("%s: got version %d after %d, want a higher one", did, v, last)
		}
		last = v
	}
	wrote("set", f.set(shared("k"), "1", kv.SetOptions{}))
	wrote("set to the same", f.set(shared("k"), "1", kv.SetOptions{}))
	f.wantSum(shared("k"), 1, 2, 0)
	wrote("incr", f.wantValue(shared("k"), "2").Version)
	if _, err := f.store.Delete(context.Background(), shared("k"), nil); err != nil {
		t.Fatal(err)
	}
	wrote("set after delete", f.set(shared("k"), "1", kv.SetOptions{TTL: time.Second}))
	f.pass(time.Second)
	wrote("set after expiry", f.set(shared("k"), "1", kv.SetOptions{TTL: time.Second}))
	f.pass(time.Second)
	if _, err := f.store.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	wrote("set after a sweep", f.set(shared("k"), "1", kv.SetOptions{}))
	if err := f.store.PurgeAccount(context.Background(), account); err != nil {
		t.Fatal(err)
	}
	wrote("set after a purge", f.set(shared("k"), "1", kv.SetOptions{}))
	if got := f.wantValue(shared("k"), "1").Version; got != last {
		t.Fatalf("get: got version %d, want %d as the write returned", got, last)
	}
	if last > kv.MaxInteger {
		t.Fatalf("got version %d, want one that JavaScript counts exactly", last)
	}
}

// A write with a version succeeds only on that version.
func compareAndSet(t *testing.T, f *fixture) {
	ctx, key := context.Background(), shared("k")
	set := func(v uint64) error {
		_, err := f.store.Set(ctx, key, []byte(fmt.Sprint(v)), kv.SetOptions{IfVersion: &v})
		return err
	}
	f.wantReason("set a version of what is not there", set(1), kv.Conflict)
	first := f.set(key, `"a"`, kv.SetOptions{IfVersion: version(0)})
	f.wantReason("set only if absent", set(0), kv.Conflict)
	second := f.set(key, `"b"`, kv.SetOptions{IfVersion: &first})
	f.wantReason("set the old version", set(first), kv.Conflict)
	f.wantReason("set a version to come", set(second+1), kv.Conflict)
	f.wantValue(key, `"b"`)

	_, err := f.store.Delete(ctx, key, &first)
	f.wantReason("delete the old version", err, kv.Conflict)
	_, err = f.store.Delete(ctx, key, version(0))
	f.wantReason("delete only if absent", err, kv.Conflict)
	if existed, err := f.store.Delete(ctx, key, &second); err != nil || !existed {
		t.Fatalf("delete: got %v, %v, want that it was there", existed, err)
	}
	_, err = f.store.Delete(ctx, key, &second)
	f.wantReason("delete again", err, kv.Conflict)
	if existed, err := f.store.Delete(ctx, key, version(0)); err != nil || existed {
		t.Fatalf("delete what is absent only if absent: got %v, %v, want that it was not there", existed, err)
	}
	f.wantReason("set a deleted version", set(second), kv.Conflict)

	f.set(key, `"c"`, kv.SetOptions{IfVersion: version(0), TTL: time.Second})
	f.pass(time.Second)
	f.set(key, `"d"`, kv.SetOptions{IfVersion: version(0)}) // an expired entry is none
}

// Counters count integers as exactly as JavaScript can.
func counters(t *testing.T, f *fixture) {
	f.wantSum(shared("n"), 1, 1, 0)
	f.wantSum(shared("n"), 41, 42, 0)
	f.wantSum(shared("n"), -50, -8, 0)
	f.wantSum(shared("n"), 0, -8, 0)
	f.wantValue(shared("n"), "-8")
	f.set(shared("n"), "7", kv.SetOptions{})
	f.wantSum(shared("n"), 1, 8, 0)
	f.set(shared("n"), "2.0e1", kv.SetOptions{})
	f.wantSum(shared("n"), 1, 21, 0)

	incr := func(by int64) error {
		_, err := f.store.Incr(context.Background(), shared("n"), by, 0)
		return err
	}
	for _, value := range []string{`"1"`, `null`, `true`, `[1]`, `{}`, `1.5`, `1e300`, `1e999`, `9007199254740993`} {
		f.set(shared("n"), value, kv.SetOptions{})
		f.wantReason("incr "+value, incr(1), kv.NotANumber)
		f.wantValue(shared("n"), value)
	}
	f.set(shared("n"), fmt.Sprint(kv.MaxInteger-1), kv.SetOptions{})
	f.wantSum(shared("n"), 1, kv.MaxInteger, 0)
	f.wantReason("incr beyond exactness", incr(1), kv.NotANumber)
	f.wantReason("incr by too much", incr(kv.MaxInteger+1), kv.NotANumber)
	f.wantReason("incr by far too much", incr(-1<<63), kv.NotANumber)
	f.wantSum(shared("n"), -kv.MaxInteger, 0, 0)
}

const (
	writers = 8
	rounds  = 25
)

// together runs something in several goroutines at once.
func together(run func(writer int)) {
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

// No increment is lost or counted twice.
func concurrentCounters(t *testing.T, f *fixture) {
	seen := make([]map[int64]bool, writers)
	together(func(w int) {
		seen[w] = map[int64]bool{}
		for range rounds {
			n, err := f.store.Incr(context.Background(), shared("n"), 1, 0)
			if err != nil {
				t.Errorf("incr: got %v, want no error", err)
			}
			seen[w][n] = true
		}
	})
	f.wantValue(shared("n"), fmt.Sprint(writers*rounds))
	all := map[int64]bool{}
	for _, s := range seen {
		for n := range s {
			all[n] = true
		}
	}
	if len(all) != writers*rounds {
		t.Fatalf("got %d different sums, want each of %d once", len(all), writers*rounds)
	}
}

// Of writers that want the same version, one succeeds.
func concurrentCompareAndSet(t *testing.T, f *fixture) {
	current := uint64(0)
	for round := range rounds {
		var mu sync.Mutex
		next, won := uint64(0), 0
		together(func(w int) {
			v, err := f.store.Set(context.Background(), shared("k"), []byte(fmt.Sprint(w)), kv.SetOptions{IfVersion: &current})
			if kv.ReasonOf(err) == kv.Conflict {
				return
			}
			if err != nil {
				t.Errorf("set: got %v, want none or a conflict", err)
			}
			mu.Lock()
			defer mu.Unlock()
			next, won = v, won+1
		})
		if won != 1 {
			t.Fatalf("round %d: got %d writers that won, want 1", round, won)
		}
		current = next
	}
}
