package natskv_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/kv"
	"callfn/internal/kv/natskv/natstest"
)

const account = "0123456789abcdef0123456789abcdef"

func key(name string) kv.Key { return kv.Key{Account: account, Name: name} }

// Several processes count, fill a quota and sweep at once, and all of it is exact.
func TestSeveralProcesses(t *testing.T) {
	url := natstest.Start(t, t.TempDir(), -1).ClientURL()
	var moment atomic.Int64
	moment.Store(time.Now().UnixMilli())
	var stores []*kv.Store
	for range 3 {
		stores = append(stores, kv.New(open(t, url), kv.Options{
			Quota: kv.Quota{Keys: 40}, Clock: func() time.Time { return time.UnixMilli(moment.Load()) },
		}))
	}
	var all sync.WaitGroup
	var taken, swept atomic.Int64
	ctx := context.Background()
	for w := range 6 {
		s := stores[w%len(stores)]
		all.Go(func() {
			for i := range 20 {
				if _, err := s.Incr(ctx, key("n"), 1, 0); err != nil {
					t.Errorf("incr: got %v, want no error", err)
				}
				_, err := s.Set(ctx, key(fmt.Sprintf("%d/%d", w, i)), []byte("1"), kv.SetOptions{TTL: time.Minute})
				if err == nil {
					taken.Add(1)
				} else if kv.ReasonOf(err) != kv.OverQuota {
					t.Errorf("set: got %v, want none or quota", err)
				}
			}
		})
	}
	all.Wait()
	if e, _, err := stores[0].Get(ctx, key("n")); err != nil || string(e.Value) != "120" {
		t.Errorf("got the count %s, %v, want 120", e.Value, err)
	}
	if got := taken.Load(); got != 39 {
		t.Errorf("got %d keys beside the counter, want 39", got)
	}
	if use, err := stores[1].Usage(ctx, account); err != nil || use.Keys != 40 {
		t.Errorf("got the usage %+v, %v, want 40 keys", use, err)
	}
	moment.Add(time.Minute.Milliseconds())
	for _, s := range stores {
		all.Go(func() {
			n, err := s.Sweep(ctx)
			if err != nil {
				t.Errorf("sweep: got %v (%v), want no error", err, errors.Unwrap(err))
			}
			swept.Add(int64(n))
		})
	}
	all.Wait()
	if got := swept.Load(); got != 39 {
		t.Errorf("got %d expired entries swept by all together, want 39, each once", got)
	}
	if use, err := stores[2].Usage(ctx, account); err != nil || use.Keys != 1 {
		t.Errorf("got the usage %+v, %v, want the counter alone", use, err)
	}
}
