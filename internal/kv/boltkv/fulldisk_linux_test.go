package boltkv_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/kv"
	"callfn/internal/smalldisk"
)

// On a full disk writes are refused as unavailable and reads go on; with room again, writes go on too, and nothing that
// was acknowledged is lost.
func TestFullDisk(t *testing.T) {
	disk, grow := smalldisk.New(t, 4<<20)
	e := open(t, filepath.Join(disk, "kv.db"))
	s := kv.New(e, kv.Options{})
	value := `"` + strings.Repeat("x", 40<<10) + `"`
	stored, failed := 0, error(nil)
	for ; failed == nil && stored < 500; stored++ {
		_, failed = s.Set(context.Background(), key(fmt.Sprint(stored)), []byte(value), kv.SetOptions{})
	}
	stored--
	if kv.ReasonOf(failed) != kv.Unavailable {
		t.Fatalf("got %v after %d values, want the reason unavailable", failed, stored)
	}
	_ = os.WriteFile(filepath.Join(disk, "fill"), make([]byte, 4<<20), 0o600) // until there is no room
	// Some increments may fit into room that the file has already.
	counted := int64(0)
	for range 3 {
		if _, err := s.Incr(context.Background(), key("n"), 1, 0); err == nil {
			counted++
		} else if kv.ReasonOf(err) != kv.Unavailable {
			t.Fatalf("incr on the full disk: got %v, want none or the reason unavailable", err)
		}
	}
	for i := range stored {
		if _, found, err := s.Get(context.Background(), key(fmt.Sprint(i))); err != nil || !found {
			t.Fatalf("get on the full disk: got %v, %v, want the value of %d", found, err, i)
		}
	}
	grow(16 << 20)
	set(t, s, "after", value, kv.SetOptions{})
	if n, err := s.Incr(context.Background(), key("n"), 1, 0); err != nil || n != counted+1 {
		t.Fatalf("incr with room again: got %d, %v, want %d", n, err, counted+1)
	}
	if err := e.Check(); err != nil {
		t.Fatalf("check: got %v, want no error", err)
	}
}
