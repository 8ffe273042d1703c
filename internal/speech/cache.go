package speech

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"callfn/internal/filecache"
	"callfn/internal/media"
)

// cache keeps rendered sentences as WAV files, named by a hash of what they say. It is safe for concurrent use.
type cache struct {
	files *filecache.Cache

	mu      sync.Mutex
	running map[string]*rendering
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
	files, err := filecache.Open(dir, extension, most)
	if err != nil {
		return nil, err
	}
	return &cache{files: files, running: map[string]*rendering{}}, nil
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

// load reads a sentence. Each use counts as newer, also after a restart.
func (c *cache) load(key string) ([]int16, bool) {
	f, _, err := c.files.Get(key)
	if err != nil {
		return nil, false
	}
	src, err := media.Decode(f, extension)
	if err != nil {
		c.files.Forget(key)
		return nil, false
	}
	samples, err := media.ReadAll(src, mostOutput)
	if closer, ok := src.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	if err != nil || len(samples) == 0 {
		c.files.Forget(key)
		return nil, false
	}
	c.files.Touch(key)
	return samples, true
}

// store keeps a sentence. One that cannot be kept is rendered again next time.
func (c *cache) store(key string, samples []int16) {
	_ = c.files.Put(key, func(f *os.File) (time.Time, error) {
		_, err := f.Write(media.AppendPCM(media.WAVHeader(len(samples)), samples))
		return time.Now(), err
	})
}
