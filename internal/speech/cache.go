package speech

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"callfn/internal/media"
)

// cache keeps rendered sentences as WAV files, named by a hash of what they say. It is safe for concurrent use.
type cache struct {
	dir  string
	most int64

	mu      sync.Mutex
	files   map[string]file
	bytes   int64
	running map[string]*rendering
}

type file struct {
	size int64
	used time.Time
}

// rendering is one that is under way; whoever wants the same sentence waits for it.
type rendering struct {
	done    chan struct{}
	samples []int16
	err     error
}

const extension = ".wav"

// openCache opens the cache in dir, with what an earlier run left in it.
func openCache(dir string, most int64) (*cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory for speech: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the directory for speech: %w", err)
	}
	c := &cache{dir: dir, most: most, files: map[string]file{}, running: map[string]*rendering{}}
	for _, entry := range entries {
		info, err := entry.Info()
		key, ok := strings.CutSuffix(entry.Name(), extension)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if !ok || len(key) != sha256.Size*2 {
			if strings.HasPrefix(entry.Name(), ".new-") { // a crash cut it off
				_ = os.Remove(filepath.Join(dir, entry.Name()))
			}
			continue
		}
		c.files[key] = file{size: info.Size(), used: info.ModTime()}
		c.bytes += info.Size()
	}
	c.shrink()
	return c, nil
}

// keyOf names what is rendered of such parts.
func keyOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// get gives the sentence of a key: from its file, else from render, once for all who ask at the same time.
func (c *cache) get(ctx context.Context, key string, render func() ([]int16, error)) ([]int16, error) {
	for {
		if samples, ok := c.load(key); ok {
			return samples, nil
		}
		c.mu.Lock()
		r, waits := c.running[key]
		if !waits {
			r = &rendering{done: make(chan struct{})}
			c.running[key] = r
		}
		c.mu.Unlock()
		if !waits {
			r.samples, r.err = render()
			if r.err == nil {
				c.store(key, r.samples)
			}
			c.mu.Lock()
			delete(c.running, key)
			c.mu.Unlock()
			close(r.done)
			return r.samples, r.err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if r.err == nil || !errors.Is(r.err, context.Canceled) {
			return r.samples, r.err
		}
		// Whoever rendered it was cut off: this one does it.
	}
}

func (c *cache) load(key string) ([]int16, bool) {
	c.mu.Lock()
	_, ok := c.files[key]
	c.mu.Unlock()
	if !ok {
		return nil, false
	}
	path := filepath.Join(c.dir, key+extension)
	src, err := media.OpenFile(path)
	if err != nil {
		c.forget(key)
		return nil, false
	}
	samples, err := media.ReadAll(src, mostOutput)
	if closer, ok := src.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	if err != nil || len(samples) == 0 {
		c.forget(key)
		return nil, false
	}
	now := time.Now()
	c.mu.Lock()
	if f, ok := c.files[key]; ok {
		f.used = now
		c.files[key] = f
	}
	c.mu.Unlock()
	_ = os.Chtimes(path, now, now) // for the next start; which is older is worth no error
	return samples, true
}

// store keeps a sentence. One that cannot be kept is rendered again next time.
func (c *cache) store(key string, samples []int16) {
	data := media.AppendPCM(media.WAVHeader(len(samples)), samples)
	f, err := os.CreateTemp(c.dir, ".new-*") // with mode 0600
	if err != nil {
		return
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.dir, key+extension))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += int64(len(data)) - c.files[key].size
	c.files[key] = file{size: int64(len(data)), used: time.Now()}
	c.shrink()
}

// shrink removes the files used longest ago until a tenth is free. c.mu is held, or nobody else knows c.
func (c *cache) shrink() {
	if c.bytes <= c.most {
		return
	}
	keys := make([]string, 0, len(c.files))
	for key := range c.files {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return c.files[keys[i]].used.Before(c.files[keys[j]].used) })
	for _, key := range keys {
		if c.bytes <= c.most*9/10 {
			return
		}
		_ = os.Remove(filepath.Join(c.dir, key+extension))
		c.bytes -= c.files[key].size
		delete(c.files, key)
	}
}

func (c *cache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = os.Remove(filepath.Join(c.dir, key+extension))
	c.bytes -= c.files[key].size
	delete(c.files, key)
}
