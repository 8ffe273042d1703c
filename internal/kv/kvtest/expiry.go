package kvtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"callfn/internal/kv"
)

// An entry ends at its moment, for every operation, whether it was swept or not.
func expiry(t *testing.T, f *fixture) {
	f.set(shared("k"), "1", kv.SetOptions{TTL: 10 * time.Second})
	e := f.wantValue(shared("k"), "1")
	if want := f.now().Add(10 * time.Second); !e.Expires.Equal(want) {
		t.Fatalf("got the expiry %s, want %s", e.Expires, want)
	}
	f.pass(9999 * time.Millisecond)
	f.wantValue(shared("k"), "1")
	f.wantKeys(kv.Scope{Account: account}, 0, false, "k")
	f.pass(time.Millisecond)
	f.wantValue(shared("k"), "")
	f.wantKeys(kv.Scope{Account: account}, 0, false)
	if existed, err := f.store.Delete(context.Background(), shared("k"), nil); err != nil || existed {
		t.Fatalf("delete what expired: got %v, %v, want that it was not there", existed, err)
	}

	f.set(shared("k"), "2", kv.SetOptions{TTL: time.Second})
	f.set(shared("k"), "3", kv.SetOptions{}) // a write without a time to live ends the old one
	f.pass(kv.MaxTTL)
	f.wantValue(shared("k"), "3")

	f.set(shared("k"), "4", kv.SetOptions{TTL: kv.MaxTTL})
	f.set(shared("k"), "5", kv.SetOptions{TTL: time.Second}) // and another one replaces it
	f.pass(time.Second)
	f.wantValue(shared("k"), "")
	f.set(shared("k"), "6", kv.SetOptions{})
	f.wantValue(shared("k"), "6")
}

// The time to live of a counter counts from its creation.
func counterExpiry(t *testing.T, f *fixture) {
	f.wantSum(shared("n"), 1, 1, 10*time.Second)
	f.pass(6 * time.Second)
	f.wantSum(shared("n"), 1, 2, 10*time.Second)
	f.pass(4 * time.Second)
	f.wantValue(shared("n"), "")
	f.wantSum(shared("n"), 1, 1, 0)
	f.wantSum(shared("n"), 1, 2, time.Second)
	f.pass(kv.MaxTTL)
	f.wantValue(shared("n"), "2")
}

// A sweep deletes what has expired, and nothing else.
func sweep(t *testing.T, f *fixture) {
	sweep := func(want int) {
		t.Helper()
		if got, err := f.store.Sweep(context.Background()); err != nil || got != want {
			t.Fatalf("sweep: got %d, %v, want %d", got, err, want)
		}
	}
	sweep(0)
	for i := range 30 {
		f.set(shared(fmt.Sprintf("short%d", i)), "1", kv.SetOptions{TTL: time.Second})
		f.set(kv.Key{Account: stranger, Namespace: function, Name: fmt.Sprint(i)}, "1", kv.SetOptions{TTL: time.Second})
	}
	f.set(shared("long"), "1", kv.SetOptions{TTL: time.Minute})
	f.set(shared("for ever"), "1", kv.SetOptions{})
	f.set(shared("short0"), "2", kv.SetOptions{}) // expires no more
	sweep(0)
	f.pass(time.Second)
	sweep(59)
	sweep(0)
	f.wantUsage(kv.Usage{Keys: 3, Bytes: int64(len("long1for ever1short02"))})
	f.wantValue(shared("long"), "1")
	f.wantValue(shared("for ever"), "1")
	f.wantValue(shared("short0"), "2")
}
