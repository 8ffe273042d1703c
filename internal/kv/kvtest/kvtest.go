package kvtest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/kv"
)

// The accounts and the namespace of the suite.
const (
	account  = "0123456789abcdef0123456789abcdef"
	stranger = "fedcba9876543210fedcba9876543210"
	function = "aaaabbbbccccddddaaaabbbbccccdddd"
)

// Run holds engines to the contract. open returns an empty engine, which the suite closes.
func Run(t *testing.T, open func(t *testing.T) kv.Engine) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"values", values},
		{"versions", versions},
		{"compare and set", compareAndSet},
		{"counters", counters},
		{"concurrent counters", concurrentCounters},
		{"concurrent compare and set", concurrentCompareAndSet},
		{"expiry", expiry},
		{"expiry of counters", counterExpiry},
		{"sweep", sweep},
		{"quota of keys", quotaOfKeys},
		{"quota of bytes", quotaOfBytes},
		{"quota and expired entries", quotaAndExpiry},
		{"concurrent quota", concurrentQuota},
		{"listing", listing},
		{"isolation", isolation},
		{"names", names},
		{"bad keys", badKeys},
		{"large values", largeValues},
		{"purge", purge},
		{"walk and restore", walkAndRestore},
		{"usage", usage},
		{"ended context", endedContext},
		{"closed", closed},
		{"overlay", overlayed},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{t: t, engine: open(t)}
			f.moment.Store(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC).UnixMilli())
			f.store = f.with(kv.Quota{})
			defer func() { _ = f.engine.Close() }()
			c.run(t, f)
		})
	}
	t.Run("like memory", func(t *testing.T) { likeMemory(t, open) })
}

// fixture is one engine under test, with a clock that stands still unless pass moves it.
type fixture struct {
	t      *testing.T
	engine kv.Engine
	store  *kv.Store
	moment atomic.Int64 // ms since 1970
}

func (f *fixture) now() time.Time       { return time.UnixMilli(f.moment.Load()).UTC() }
func (f *fixture) pass(d time.Duration) { f.moment.Add(d.Milliseconds()) }

// with returns a store on the engine with a quota.
func (f *fixture) with(q kv.Quota) *kv.Store {
	return kv.New(f.engine, kv.Options{Clock: f.now, Quota: q})
}

// shared is a key that all functions of the account share.
func shared(name string) kv.Key { return kv.Key{Account: account, Name: name} }

// set stores a value that must be taken, and returns its version.
func (f *fixture) set(key kv.Key, value string, o kv.SetOptions) uint64 {
	f.t.Helper()
	version, err := f.store.Set(context.Background(), key, json.RawMessage(value), o)
	if err != nil {
		f.t.Fatalf("set %s to %s: got %v, want no error", key, value, err)
	}
	return version
}

// wantValue checks the value of a key; "" for none.
func (f *fixture) wantValue(key kv.Key, want string) kv.Entry {
	f.t.Helper()
	e, found, err := f.store.Get(context.Background(), key)
	if err != nil {
		f.t.Fatalf("get %s: got %v, want no error", key, err)
	}
	if string(e.Value) != want || found != (want != "") {
		f.t.Fatalf("get %s: got %q (found %v), want %q", key, e.Value, found, want)
	}
	return e
}

// wantSum adds to a counter and checks the sum.
func (f *fixture) wantSum(key kv.Key, by, want int64, ttl time.Duration) {
	f.t.Helper()
	got, err := f.store.Incr(context.Background(), key, by, ttl)
	if err != nil || got != want {
		f.t.Fatalf("incr %s by %d: got %d, %v, want %d", key, by, got, err, want)
	}
}

// wantUsage checks what the account stores.
func (f *fixture) wantUsage(want kv.Usage) {
	f.t.Helper()
	got, err := f.store.Usage(context.Background(), account)
	if err != nil || got != want {
		f.t.Fatalf("usage: got %+v, %v, want %+v", got, err, want)
	}
}

// wantReason checks why something failed; "" for nothing.
func (f *fixture) wantReason(did string, err error, want kv.Reason) {
	f.t.Helper()
	if got := kv.ReasonOf(err); got != want || (err != nil) != (want != "") {
		f.t.Fatalf("%s: got reason %q of %v, want %q", did, got, err, want)
	}
}

// wantKeys checks a listing.
func (f *fixture) wantKeys(scope kv.Scope, limit int, more bool, want ...string) {
	f.t.Helper()
	page, err := f.store.List(context.Background(), scope, limit)
	if err != nil {
		f.t.Fatalf("list %+v: got %v, want no error", scope, err)
	}
	if fmt.Sprintf("%q", page.Keys) != fmt.Sprintf("%q", want) || page.More != more {
		f.t.Fatalf("list %+v: got %q (more %v), want %q (more %v)", scope, page.Keys, page.More, want, more)
	}
}

func version(n uint64) *uint64 { return &n }
