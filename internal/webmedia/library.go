package webmedia

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"callfn/internal/account"
	"callfn/internal/filecache"
	"callfn/internal/guardedhttp"
	"callfn/internal/media"
)

// The bounds of fetching and keeping.
const (
	Longest     = 8 << 20 // bytes of one file: eight minutes of WAV with 16 bits at 8 kHz
	Patience    = 10 * time.Second
	freshFor    = 5 * time.Minute  // a copy is played without asking for a newer one
	usableFor   = 24 * time.Hour   // a copy is played while a newer one is asked for, and where there is none
	retryAfter  = 10 * time.Second // what could not be fetched is not asked for again
	mostAtOnce  = 32               // fetches
	mostEach    = 8                // fetches of one account
	mostRefused = 1000             // failures that are remembered
)

// ErrBusy says that too many files are being fetched, for the account or for all.
var ErrBusy = errors.New("too many sound files are being fetched already")

// errUnplayable says that a server gave something else than a sound file.
var errUnplayable = errors.New("what its server gives is no sound file that can be played")

// Config is what a Library needs.
type Config struct {
	Dir   string                // of the copies; made with mode 0700
	Bytes int64                 // the copies may have; those used longest ago go
	Allow func(netip.Addr) bool // which addresses may be connected to; nil for public ones
	Now   func() time.Time
	Log   *slog.Logger
}

// Library opens sound files of web servers. It is safe for concurrent use.
type Library struct {
	client *guardedhttp.Client
	copies *filecache.Cache
	now    func() time.Time
	log    *slog.Logger

	stop     context.Context
	cancel   context.CancelFunc
	fetchers sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	running map[string]*fetch // by key
	each    map[account.ID]int
	refused map[string]refusal // by key
}

// fetch is one under way; whoever wants the same file waits for it.
type fetch struct {
	done chan struct{}
	err  error
}

// refusal is why a file could not be fetched, and until when it is not asked for again.
type refusal struct {
	until time.Time
	err   error
}

// Open opens the library, with the copies of an earlier run. Close it when nothing plays from it any more.
func Open(cfg Config) (*Library, error) {
	copies, err := filecache.Open(cfg.Dir, ".media", cfg.Bytes)
	if err != nil {
		return nil, err
	}
	l := &Library{
		client: guardedhttp.New(guardedhttp.Config{Timeout: Patience, Bytes: Longest, Allow: cfg.Allow}),
		copies: copies, now: cfg.Now, log: cfg.Log,
		running: map[string]*fetch{}, each: map[account.ID]int{}, refused: map[string]refusal{},
	}
	l.stop, l.cancel = context.WithCancel(context.Background())
	return l, nil
}

// Close ends what is being fetched, and waits until that is over.
func (l *Library) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.fetchers.Wait()
}

// Open opens the sound file at an http or https address for an account's call. A copy of the last five minutes is
// played at once. One of the last day is played at once too, and a newer one is fetched for the next call. Else the
// call waits for the server, until ctx ends. Copies that their server allows to nobody (Cache-Control: no-store,
// no-cache or max-age=0) are never played again. The error says why there is nothing to play.
func (l *Library) Open(ctx context.Context, owner account.ID, address string) (media.Source, error) {
	key := filecache.Key(address)
	if stored, ok := l.stored(key); ok {
		age := l.now().Sub(stored)
		if age >= freshFor && age < usableFor {
			_ = l.start(key, owner, address, true) // the copy is played whatever becomes of it
		}
		if age < usableFor {
			if src, err := l.Again(address); err == nil {
				return src, nil
			}
		}
	}
	f := l.start(key, owner, address, false)
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if f.err != nil {
		return nil, f.err
	}
	return l.Again(address)
}

// Again opens the copy that Open played last, however old it is. It never waits.
func (l *Library) Again(address string) (media.Source, error) {
	f, _, err := l.copies.Get(filecache.Key(address))
	if err != nil {
		return nil, fmt.Errorf("the copy of a sound file is gone: %w", fs.ErrNotExist)
	}
	return media.Decode(f, extension(address))
}

// stored is when the copy of a key was fetched; false where there is none.
func (l *Library) stored(key string) (time.Time, bool) {
	f, stored, err := l.copies.Get(key)
	if err != nil {
		return time.Time{}, false
	}
	return stored, f.Close() == nil
}

// extension is that of an address where it says how raw audio is coded.
func extension(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(path.Ext(u.Path))
}

// start fetches a file in the background, once for all who ask meanwhile. It never fetches what could not be had a
// moment ago. known says that there is a copy, which will do.
func (l *Library) start(key string, owner account.ID, address string, known bool) *fetch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.running[key]; f != nil {
		return f
	}
	f := &fetch{done: make(chan struct{})}
	switch r, ok := l.refused[key]; {
	case ok && l.now().Before(r.until):
		f.err = r.err
	case l.closed:
		f.err = context.Canceled
	case len(l.running) >= mostAtOnce, l.each[owner] >= mostEach:
		f.err = ErrBusy
	}
	if f.err != nil {
		close(f.done)
		return f
	}
	l.running[key] = f
	l.each[owner]++
	l.fetchers.Add(1)
	go func() {
		defer l.fetchers.Done()
		f.err = l.fetch(key, address)
		l.finish(key, owner, f)
		if f.err != nil && known {
			l.log.Warn("cannot fetch a sound file anew, playing its copy", "host", host(address), "account", string(owner),
				"error", f.err)
		}
	}()
	return f
}

// finish lets others know what became of a fetch.
func (l *Library) finish(key string, owner account.ID, f *fetch) {
	now := l.now()
	l.mu.Lock()
	delete(l.running, key)
	if l.each[owner]--; l.each[owner] == 0 {
		delete(l.each, owner)
	}
	delete(l.refused, key)
	if f.err != nil {
		if len(l.refused) >= mostRefused {
			clear(l.refused)
		}
		l.refused[key] = refusal{until: now.Add(retryAfter), err: f.err}
	}
	l.mu.Unlock()
	close(f.done)
}

// host is the host of an address: the rest may hold secrets.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
