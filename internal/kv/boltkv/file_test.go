package boltkv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/internal/boltfile"
	"callfn/internal/kv"
	"callfn/internal/kv/boltkv"
)

const account = "0123456789abcdef0123456789abcdef"

func key(name string) kv.Key { return kv.Key{Account: account, Name: name} }

func set(t testing.TB, s *kv.Store, name, value string, o kv.SetOptions) uint64 {
	t.Helper()
	v, err := s.Set(context.Background(), key(name), []byte(value), o)
	if err != nil {
		t.Fatalf("set %s: got %v, want no error", name, err)
	}
	return v
}

// What was stored is there after the file was closed and opened, and versions go on.
func TestStoredForGood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.db")
	s := kv.New(open(t, path), kv.Options{})
	set(t, s, "k", `"v"`, kv.SetOptions{TTL: time.Hour})
	last := set(t, s, "gone", "1", kv.SetOptions{})
	if _, err := s.Delete(context.Background(), key("gone"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := boltkv.Open(path, 0); !errors.Is(err, boltfile.ErrLocked) {
		t.Fatalf("open it twice: got %v, want ErrLocked", err)
	}
	_ = s.Close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got the file's mode %v, %v, want 0600", info.Mode(), err)
	}

	e := open(t, path)
	s = kv.New(e, kv.Options{})
	got, found, err := s.Get(context.Background(), key("k"))
	if err != nil || !found || string(got.Value) != `"v"` || got.Expires.IsZero() {
		t.Fatalf("get: got %+v, %v, %v, want the value, with its expiry", got, found, err)
	}
	if v := set(t, s, "gone", "2", kv.SetOptions{}); v <= last {
		t.Fatalf("got version %d, want one above %d of before", v, last)
	}
	if err := e.Check(); err != nil {
		t.Fatalf("check: got %v, want no error", err)
	}
}

// A file of another kind is refused and left as it is.
func TestOtherFiles(t *testing.T) {
	for what, content := range map[string][]byte{
		"text": []byte(strings.Repeat("no database\n", 2000)), "a short file": []byte("x"),
	} {
		path := filepath.Join(t.TempDir(), "kv.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := boltkv.Open(path, 0); !errors.As(err, new(*boltfile.DamagedError)) {
			t.Errorf("%s: got %v, want a DamagedError", what, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, content) {
			t.Errorf("%s: got a changed file, want it as it was", what)
		}
	}
	path := filepath.Join(t.TempDir(), "kv.db")
	file, err := boltfile.Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	tx, _ := file.Begin(true)
	if _, err := tx.CreateBucket([]byte("other")); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	if _, err := boltkv.Open(path, 0); err == nil || !strings.Contains(err.Error(), "not a key-value store") {
		t.Errorf("a bbolt file of another program: got %v, want that it is refused", err)
	}
}

// A byte that the disk changed is never taken for a value: reading gives the stored value or an error, and Check tells.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.db")
	s := kv.New(open(t, path), kv.Options{})
	for i := range 20 {
		set(t, s, fmt.Sprintf("key-%02d", i), fmt.Sprintf(`"value-%02d"`, i), kv.SetOptions{TTL: time.Hour})
	}
	_ = s.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, mark := range []string{"value-07", "key-07", "key-19", "usage", "accounts"} {
		for at := bytes.Index(whole, []byte(mark)); at >= 0; {
			content := bytes.Clone(whole)
			content[at] ^= 0x10
			found += damaged(t, fmt.Sprintf("%s at byte %d", mark, at), content)
			next := bytes.Index(whole[at+1:], []byte(mark))
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	if found == 0 {
		t.Fatal("got no damage that Check found, want at least one")
	}
	for _, size := range []int{0x1000, 0x3000, len(whole) / 2, len(whole) - 0x1000} {
		damaged(t, fmt.Sprintf("cut to %d bytes", size), whole[:size])
	}
}

// damaged reads a damaged file, and returns 1 if Check finds the damage.
func damaged(t *testing.T, what string, content []byte) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kv.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := boltkv.Open(path, 0)
	if err != nil {
		return 0 // told at the start
	}
	defer func() { _ = e.Close() }()
	s, failed, missing := kv.New(e, kv.Options{}), 0, 0
	for i := range 20 {
		got, found, err := s.Get(context.Background(), key(fmt.Sprintf("key-%02d", i)))
		switch {
		case err != nil && kv.ReasonOf(err) != kv.Unavailable:
			t.Errorf("%s: got %v, want a value or the reason unavailable", what, err)
		case err != nil:
			failed++
		case !found:
			missing++
		case string(got.Value) != fmt.Sprintf(`"value-%02d"`, i):
			t.Errorf("%s: got %s for key %d, want its value or an error", what, got.Value, i)
		}
	}
	told := e.Check()
	if failed+missing > 0 && told == nil {
		t.Errorf("%s: got no error of Check though %d reads failed and %d keys are missing, want one", what, failed, missing)
	}
	if told != nil {
		return 1
	}
	return 0
}

// A caller who does not wait any more is told so, and his change runs no more.
func TestAbandonedWrite(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "kv.db"))
	ctx, cancel := context.WithCancel(context.Background())
	running, hold, ended := make(chan bool), make(chan bool), make(chan error)
	go func() {
		_, err := e.Update(context.Background(), key("first"), time.Now(), func(*kv.Entry, kv.Usage) (*kv.Entry, error) {
			close(running)
			<-hold
			return &kv.Entry{Value: []byte("1")}, nil
		})
		ended <- err
	}()
	<-running
	go func() {
		_, err := e.Update(ctx, key("second"), time.Now(), func(*kv.Entry, kv.Usage) (*kv.Entry, error) {
			t.Error("got a change that runs after its caller left, want none")
			return nil, nil
		})
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	close(hold)
	if err := <-ended; err != nil {
		t.Fatalf("the other write: got %v, want no error", err)
	}
}
