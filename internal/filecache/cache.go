// Package filecache keeps files in a directory up to a number of bytes: those used longest ago go first. What is open
// counts until it is closed, so that readers cannot fill the disk with files that are no longer kept.
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
	files map[string]*file
	bytes int64 // of files, and of those that are gone and still open
}

type file struct {
	size         int64
	stored, used time.Time
	open         int  // how often
	gone         bool // it is in files no more
}

// ErrFull says that there is no room: the file is too large, or too much is open.
var ErrFull = errors.New("no room in a cache: too large, or too much of it is in use")

// File is an open file of a Cache.
type File struct {
	*os.File
	cache *Cache
	of    *file
}

// Close implements io.Closer.
func (f *File) Close() error {
	if err := f.File.Close(); errors.Is(err, os.ErrClosed) {
		return err // it does not count any more
	}
	f.cache.mu.Lock()
	defer f.cache.mu.Unlock()
	if f.of.open--; f.of.gone && f.of.open == 0 {
		f.cache.bytes -= f.of.size
	}
	return nil
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
	c := &Cache{dir: dir, extension: extension, most: most, files: map[string]*file{}}
	for _, entry := range entries {
		info, err := entry.Info()
		key, ok := strings.CutSuffix(entry.Name(), extension)
		switch {
		case err != nil || !info.Mode().IsRegular():
		case strings.HasPrefix(entry.Name(), unfinished): // a crash cut it off
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		case ok && len(key) == sha256.Size*2:
			c.files[key] = &file{size: info.Size(), stored: info.ModTime(), used: info.ModTime()}
			c.bytes += info.Size()
		}
	}
	c.shrink()
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
func (c *Cache) Get(key string) (*File, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.files[key]
	if of == nil {
		return nil, time.Time{}, os.ErrNotExist
	}
	f, err := os.Open(c.path(key))
	if err != nil {
		c.remove(key)
		return nil, time.Time{}, err
	}
	of.used = time.Now()
	of.open++
	return &File{File: f, cache: c, of: of}, of.stored, nil
}

// Put stores what write writes, in place of what the key had; where write fails that stays. The time it gives is what
// Get tells, also after a restart. The error is that of write, of the disk, or ErrFull.
func (c *Cache) Put(key string, write func(f *os.File) (stored time.Time, err error)) error {
	f, err := os.CreateTemp(c.dir, unfinished+"*") // with mode 0600
	if err != nil {
		return fmt.Errorf("store in a cache: %w", err)
	}
	stored, err := write(f)
	info, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err == nil {
		err = os.Chtimes(f.Name(), stored, stored)
	}
	if err == nil {
		err = c.keep(key, f.Name(), &file{size: info.Size(), stored: stored, used: time.Now()})
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// keep makes a finished file that of a key, where there is room.
func (c *Cache) keep(key, path string, kept *file) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += kept.size
	if c.shrink(); c.bytes > c.most {
		c.bytes -= kept.size
		return ErrFull
	}
	if err := os.Rename(path, c.path(key)); err != nil {
		c.bytes -= kept.size
		return err
	}
	c.drop(key)
	c.files[key] = kept
	return nil
}

// Touch has the file of a key count as stored now, also after a restart.
func (c *Cache) Touch(key string) {
	now := time.Now()
	c.mu.Lock()
	if f := c.files[key]; f != nil {
		f.stored = now
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
	c.drop(key)
}

// drop forgets the file of a key, whose name has another or none. c.mu is held.
func (c *Cache) drop(key string) {
	f := c.files[key]
	if f == nil {
		return
	}
	if f.gone = true; f.open == 0 {
		c.bytes -= f.size
	}
	delete(c.files, key)
}

// shrink removes the files used longest ago until a tenth is free. Those that are open stay: nothing is gained by
// removing them. c.mu is held, or nobody else knows c.
func (c *Cache) shrink() {
	if c.bytes <= c.most {
		return
	}
	keys := make([]string, 0, len(c.files))
	for key, f := range c.files {
		if f.open == 0 {
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
