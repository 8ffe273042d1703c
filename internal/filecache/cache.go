// Package filecache keeps files in a directory up to a number of bytes: those used longest ago go first.
package filecache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// Cache keeps files by keys of Key. It is safe for concurrent use, by one process.
type Cache struct {
	dir, extension string
	most           int64

	mu    sync.Mutex
	files map[string]file
	bytes int64
}

type file struct {
	size         int64
	stored, used time.Time
}

const unfinished = ".new-"

// Open opens the cache in dir, with what an earlier run left in it. Files have the extension, such as .wav, and mode
// 0600. Other files in dir stay, and do not count.
func Open(dir, extension string, most int64) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of a cache: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the directory of a cache: %w", err)
	}
	c := &Cache{dir: dir, extension: extension, most: most, files: map[string]file{}}
	for _, entry := range entries {
		info, err := entry.Info()
		key, ok := strings.CutSuffix(entry.Name(), extension)
		switch {
		case err != nil || !info.Mode().IsRegular():
		case strings.HasPrefix(entry.Name(), unfinished): // a crash cut it off
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		case ok && len(key) == sha256.Size*2:
			c.files[key] = file{size: info.Size(), stored: info.ModTime(), used: info.ModTime()}
			c.bytes += info.Size()
		}
	}
	c.shrink("")
	return c, nil
}

// Key names a file by the parts of what it holds.
func Key(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Get opens the file of a key and tells when it was stored. The error wraps fs.ErrNotExist where there is none. What is
// open can be read to its end, even when the file is removed meanwhile.
func (c *Cache) Get(key string) (*os.File, time.Time, error) {
	c.mu.Lock()
	known, ok := c.files[key]
	if ok {
		known.used = time.Now()
		c.files[key] = known
	}
	c.mu.Unlock()
	if !ok {
		return nil, time.Time{}, os.ErrNotExist
	}
	f, err := os.Open(c.path(key))
	if err != nil {
		c.Forget(key)
		return nil, time.Time{}, err
	}
	return f, known.stored, nil
}

// Put stores what write writes, in place of what the key had; where write fails that stays. The time it gives is what
// Get tells, also after a restart.
func (c *Cache) Put(key string, write func(f *os.File) (stored time.Time, err error)) error {
	f, err := os.CreateTemp(c.dir, unfinished+"*") // with mode 0600
	if err != nil {
		return fmt.Errorf("store in a cache: %w", err)
	}
	stored, err := write(f)
	info, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err == nil {
		if err = os.Chtimes(f.Name(), stored, stored); err == nil {
			err = os.Rename(f.Name(), c.path(key))
		}
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += info.Size() - c.files[key].size
	c.files[key] = file{size: info.Size(), stored: stored, used: time.Now()}
	c.shrink(key)
	return nil
}

// Touch has the file of a key count as stored now, also after a restart.
func (c *Cache) Touch(key string) {
	now := time.Now()
	c.mu.Lock()
	if f, ok := c.files[key]; ok {
		f.stored = now
		c.files[key] = f
	}
	c.mu.Unlock()
	_ = os.Chtimes(c.path(key), now, now) // which is older at the next start is worth no error
}

// Forget removes the file of a key.
func (c *Cache) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
}

func (c *Cache) path(key string) string { return filepath.Join(c.dir, key+c.extension) }

// remove removes a file. c.mu is held.
func (c *Cache) remove(key string) {
	_ = os.Remove(c.path(key))
	c.bytes -= c.files[key].size
	delete(c.files, key)
}

// shrink removes the files used longest ago until a tenth is free; not the one that was just stored. c.mu is held, or
// nobody else knows c.
func (c *Cache) shrink(but string) {
	if c.bytes <= c.most {
		return
	}
	keys := make([]string, 0, len(c.files))
	for key := range c.files {
		if key != but {
			keys = append(keys, key)
		}
	}
	sort.Slice(keys, func(i, j int) bool { return c.files[keys[i]].used.Before(c.files[keys[j]].used) })
	for _, key := range keys {
		if c.bytes <= c.most*9/10 {
			return
		}
		c.remove(key)
	}
}
