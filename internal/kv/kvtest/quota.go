package kvtest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/kv"
)

// An account stores as many keys as its quota has; what it has may be changed and deleted, and makes room.
func quotaOfKeys(t *testing.T, f *fixture) {
	f.store = f.with(kv.Quota{Keys: 3})
	ctx := context.Background()
	for i := range 3 {
		f.set(shared(fmt.Sprint(i)), "1", kv.SetOptions{})
	}
	_, err := f.store.Set(ctx, shared("3"), []byte("1"), kv.SetOptions{})
	f.wantReason("set one more", err, kv.OverQuota)
	_, err = f.store.Incr(ctx, kv.Key{Account: account, Namespace: function, Name: "n"}, 1, 0)
	f.wantReason("count one more in another namespace", err, kv.OverQuota)
	f.wantUsage(kv.Usage{Keys: 3, Bytes: 6})
	f.set(shared("0"), "[1,2,3]", kv.SetOptions{})
	f.wantSum(shared("1"), 1, 2, 0)
	f.set(kv.Key{Account: stranger, Name: "k"}, "1", kv.SetOptions{}) // others have a quota of their own
	if _, err := f.store.Delete(ctx, shared("2"), nil); err != nil {
		t.Fatal(err)
	}
	f.set(shared("3"), "1", kv.SetOptions{})
}

// An account stores as many bytes as its quota has: keys and values.
func quotaOfBytes(t *testing.T, f *fixture) {
	f.store = f.with(kv.Quota{Bytes: 100})
	ctx := context.Background()
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	f.set(shared("key1"), text(46), kv.SetOptions{})
	f.set(shared("key2"), text(46), kv.SetOptions{})
	_, err := f.store.Set(ctx, shared("key2"), []byte(text(47)), kv.SetOptions{})
	f.wantReason("grow by a byte", err, kv.OverQuota)
	_, err = f.store.Set(ctx, shared("k"), []byte("1"), kv.SetOptions{})
	f.wantReason("set another", err, kv.OverQuota)
	f.set(shared("key1"), text(40), kv.SetOptions{})
	f.set(shared("key2"), text(52), kv.SetOptions{})
	f.wantUsage(kv.Usage{Keys: 2, Bytes: 100})
	f.store = f.with(kv.Quota{Keys: 1, Bytes: 10}) // lowered: what is there may shrink
	f.set(shared("key2"), text(51), kv.SetOptions{})
	_, err = f.store.Set(ctx, shared("key2"), []byte(text(52)), kv.SetOptions{})
	f.wantReason("grow again", err, kv.OverQuota)
	if _, err := f.store.Delete(ctx, shared("key1"), nil); err != nil {
		t.Fatal(err)
	}
}

// What has expired takes no room, though nobody swept.
func quotaAndExpiry(t *testing.T, f *fixture) {
	f.store = f.with(kv.Quota{Keys: 20, Bytes: 1000})
	for round := range 3 {
		for i := range 20 {
			f.set(shared(fmt.Sprintf("%d/%d", round, i)), "1", kv.SetOptions{TTL: time.Second})
		}
		_, err := f.store.Set(context.Background(), shared("more"), []byte("1"), kv.SetOptions{})
		f.wantReason("set one more", err, kv.OverQuota)
		f.pass(time.Second)
	}
	f.set(shared("0/0"), "1", kv.SetOptions{TTL: time.Second}) // the very key that expired, again
	f.pass(time.Second)
	f.wantSum(shared("0/0"), 1, 1, 0)
}

// The quota is exact when many write at once.
func concurrentQuota(t *testing.T, f *fixture) {
	f.store = f.with(kv.Quota{Keys: 50})
	var stored atomic.Int64
	together(func(w int) {
		for i := range 10 {
			_, err := f.store.Set(context.Background(), shared(fmt.Sprintf("%d/%d", w, i)), []byte("1"), kv.SetOptions{})
			if err == nil {
				stored.Add(1)
			} else if kv.ReasonOf(err) != kv.OverQuota {
				t.Errorf("set: got %v, want none or quota", err)
			}
		}
	})
	if got := stored.Load(); got != 50 {
		t.Fatalf("got %d keys stored, want 50", got)
	}
	f.wantUsage(kv.Usage{Keys: 50, Bytes: 50 * 4})
}

// Usage is what is stored, whatever was written before.
func usage(t *testing.T, f *fixture) {
	ctx := context.Background()
	f.wantUsage(kv.Usage{})
	f.set(shared("ab"), `"123"`, kv.SetOptions{})
	f.wantUsage(kv.Usage{Keys: 1, Bytes: 7})
	f.set(shared("ab"), `1`, kv.SetOptions{})
	f.wantUsage(kv.Usage{Keys: 1, Bytes: 3})
	f.set(kv.Key{Account: account, Namespace: function, Name: "ab"}, `1`, kv.SetOptions{})
	f.wantUsage(kv.Usage{Keys: 2, Bytes: 6 + 32})
	f.set(kv.Key{Account: stranger, Name: "s"}, `12`, kv.SetOptions{})
	accounts, all, err := f.store.Total(ctx)
	if want := (kv.Usage{Keys: 3, Bytes: 9 + 32}); err != nil || accounts != 2 || all != want {
		t.Fatalf("total: got %d accounts, %+v, %v, want 2 and %+v", accounts, all, err, want)
	}
	for _, key := range []kv.Key{shared("ab"), {Account: account, Namespace: function, Name: "ab"}, shared("never")} {
		if _, err := f.store.Delete(ctx, key, nil); err != nil {
			t.Fatal(err)
		}
	}
	f.wantUsage(kv.Usage{})
	if accounts, _, err := f.store.Total(ctx); err != nil || accounts != 1 {
		t.Fatalf("total: got %d accounts, %v, want 1", accounts, err)
	}
}
