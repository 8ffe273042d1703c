package filecache_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"callfn/internal/filecache"
)

func put(t *testing.T, c *filecache.Cache, name, text string, stored time.Time) {
	t.Helper()
	if err := c.Put(filecache.Key(name), func(f *os.File) (time.Time, error) {
		_, err := f.WriteString(text)
		return stored, err
	}); err != nil {
		t.Fatal(err)
	}
}

// get is the text of a file and when it was stored; empty where there is none.
func get(t *testing.T, c *filecache.Cache, name string) (string, time.Time) {
	t.Helper()
	f, stored, err := c.Get(filecache.Key(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", stored
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), stored
}

func open(t *testing.T, dir string, most int64) *filecache.Cache {
	t.Helper()
	c, err := filecache.Open(dir, ".x", most)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFilesStay(t *testing.T) {
	dir, stored := filepath.Join(t.TempDir(), "cache"), time.Unix(1_700_000_000, 0)
	c := open(t, dir, 100)
	put(t, c, "a", "old", time.Unix(0, 0))
	put(t, c, "a", "new", stored)
	failed := errors.New("failed")
	if err := c.Put(filecache.Key("a"), func(f *os.File) (time.Time, error) {
		_, _ = f.WriteString("half")
		return time.Now(), failed
	}); !errors.Is(err, failed) {
		t.Errorf("got %v, want the error of the writer", err)
	}
	for name, text := range map[string]string{".new-1": "cut off", "README": "somebody's"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*filecache.Cache{c, open(t, dir, 100)} {
		if text, at := get(t, c, "a"); text != "new" || !at.Equal(stored) {
			t.Errorf("got %q of %v, want new of %v", text, at, stored)
		}
		if text, _ := get(t, c, "b"); text != "" {
			t.Errorf("got %q, want nothing", text)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".new-*"))
	if _, err := os.Stat(filepath.Join(dir, "README")); err != nil || len(left) > 0 {
		t.Errorf("got %v and %v, want what a crash cut off removed and other files left", left, err)
	}
	c.Touch(filecache.Key("a"))
	if _, at := get(t, open(t, dir, 100), "a"); time.Since(at) > time.Minute {
		t.Errorf("got %v after Touch and a restart, want now", at)
	}
	c.Forget(filecache.Key("a"))
	if text, _ := get(t, c, "a"); text != "" {
		t.Errorf("got %q after Forget, want nothing", text)
	}
}

const thirty = "30 bytes, more or less exactly"

// What was used longest ago goes.
func TestRoom(t *testing.T) {
	c := open(t, t.TempDir(), 100)
	for _, name := range []string{"a", "b", "c"} {
		put(t, c, name, thirty, time.Now())
	}
	_, _ = get(t, c, "a")
	_, _ = get(t, c, "c")
	put(t, c, "d", thirty, time.Now())
	for name, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if text, _ := get(t, c, name); (text != "") != want {
			t.Errorf("%s: got %q, want it there: %v", name, text, want)
		}
	}
	if err := store(c, "large", string(make([]byte, 101))); !errors.Is(err, filecache.ErrFull) {
		t.Errorf("more than there is room for: got %v, want ErrFull", err)
	}
}

// What is open can be read on, and counts until it is closed, whatever became of the file.
func TestWhatIsOpenCounts(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 100)
	var reading []*filecache.File
	read := func(name string) {
		f, _, err := c.Get(filecache.Key(name))
		if err != nil {
			t.Fatal(err)
		}
		reading = append(reading, f)
	}
	put(t, c, "a", thirty, time.Now())
	read("a")
	put(t, c, "a", thirty, time.Now()) // in place of what is read
	read("a")
	put(t, c, "b", thirty, time.Now())
	read("b")
	c.Forget(filecache.Key("b"))
	if err := store(c, "c", thirty); !errors.Is(err, filecache.ErrFull) {
		t.Errorf("beside 90 bytes that are read: got %v, want ErrFull", err)
	}
	for _, f := range reading {
		if b, err := io.ReadAll(f); err != nil || string(b) != thirty || f.Close() != nil {
			t.Errorf("what was open: got %q, %v; want all of it", b, err)
		}
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("closed again: got %v, want os.ErrClosed", err)
		}
	}
	for _, name := range []string{"c", "d"} {
		put(t, c, name, thirty, time.Now())
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 3 {
		t.Errorf("got %q, want three files once nothing is read", files)
	}
}

func store(c *filecache.Cache, name, text string) error {
	return c.Put(filecache.Key(name), func(f *os.File) (time.Time, error) {
		_, err := f.WriteString(text)
		return time.Now(), err
	})
}
