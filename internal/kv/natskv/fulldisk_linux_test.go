package natskv_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"callfn/internal/await"
	"callfn/internal/kv"
	"callfn/internal/kv/natskv/natstest"
	"callfn/internal/smalldisk"
)

// When the disk of the server is full, writes are refused as unavailable and reads go on. A NATS server keeps refusing
// when there is room again, until it is started anew; then writes go on without a restart of callfn, and nothing that
// was acknowledged is lost.
func TestFullDisk(t *testing.T) {
	disk, grow := smalldisk.New(t, 24<<20)
	ctx, nats := context.Background(), natstest.Start(t, disk, -1)
	e, port := open(t, nats.ClientURL()), nats.Addr().(*net.TCPAddr).Port
	s := kv.New(e, kv.Options{Quota: kv.Quota{Bytes: 1 << 30}})
	value := `"` + strings.Repeat("x", 60<<10) + `"`
	stored, failed := 0, error(nil)
	for ; failed == nil && stored < 1000; stored++ {
		_, failed = s.Set(ctx, key(fmt.Sprint(stored)), []byte(value), kv.SetOptions{})
	}
	stored--
	if kv.ReasonOf(failed) != kv.Unavailable {
		t.Fatalf("got %v after %d values, want the reason unavailable", failed, stored)
	}
	t.Logf("%d values, then %v", stored, failed.(*kv.Error).Cause)
	check := func() {
		t.Helper()
		for i := range stored {
			got, found, err := s.Get(ctx, key(fmt.Sprint(i)))
			if err != nil || !found || string(got.Value) != value {
				t.Fatalf("get %d: got %v, %v, want its value", i, found, err)
			}
		}
	}
	check()
	grow(64 << 20)
	if _, err := s.Incr(ctx, key("n"), 1, 0); err != nil {
		t.Logf("with room again: %v", err.(*kv.Error).Cause)
		nats.Shutdown()
		nats.WaitForShutdown()
		natstest.Start(t, disk, port)
		await.Value(t, "a store that answers", func() (string, bool) {
			err := e.Ping(ctx)
			return errorText(err), err == nil
		})
		if _, err := s.Incr(ctx, key("n"), 1, 0); err != nil {
			t.Fatalf("incr after a restart of the server: got %v, want no error", err)
		}
	}
	check()
}
