// Package memkv is an engine of the key-value store that keeps entries in memory: for tests, and for a service that is
// to leave nothing behind.
package memkv

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"callfn/internal/kv"
)

// Engine is a kv.Engine in memory. Its zero value is not usable; use New.
type Engine struct {
	mu      sync.Mutex
	entries map[kv.Key]kv.Entry
	version uint64
	closed  bool
}

// New returns an empty engine.
func New() *Engine { return &Engine{entries: map[kv.Key]kv.Entry{}} }

// NewStore returns a store in memory.
func NewStore() *kv.Store { return kv.New(New(), kv.Options{}) }

var errClosed = errors.New("memkv: the engine is closed")

// open locks the engine, unless it is closed or ctx has ended.
func (m *Engine) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return errClosed
	}
	return nil
}

// Read implements kv.Engine.
func (m *Engine) Read(ctx context.Context, key kv.Key, now time.Time) (*kv.Entry, error) {
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.read(key, now), nil
}

func (m *Engine) read(key kv.Key, now time.Time) *kv.Entry {
	e, found := m.entries[key]
	if !found {
		return nil
	}
	return kv.Live(&e, now)
}

// Update implements kv.Engine.
func (m *Engine) Update(ctx context.Context, key kv.Key, now time.Time, change kv.Change) (*kv.Entry, error) {
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	current := m.read(key, now)
	next, err := change(current, m.usage(key.Account, now))
	switch {
	case err != nil || next == current:
		return current, err
	case next == nil:
		delete(m.entries, key)
	default:
		m.version++
		next.Version = m.version
		m.entries[key] = *next
	}
	return next, nil
}

// keys lists the keys of an account whose entries are live at a moment, sorted.
func (m *Engine) keys(account string, now time.Time) []kv.Key {
	var keys []kv.Key
	for key, e := range m.entries {
		if key.Account == account && !e.Expired(now) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, kv.Key.Compare)
	return keys
}

// List implements kv.Engine.
func (m *Engine) List(ctx context.Context, s kv.Scope, now time.Time, visit func(string) bool) error {
	if err := m.open(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, key := range m.keys(s.Account, now) {
		if key.Namespace == s.Namespace && strings.HasPrefix(key.Name, s.Prefix) && key.Name > s.After && !visit(key.Name) {
			break
		}
	}
	return nil
}

// Walk implements kv.Engine.
func (m *Engine) Walk(ctx context.Context, account string, after kv.Key, now time.Time,
	visit func(kv.Key, kv.Entry) error,
) error {
	if err := m.open(ctx); err != nil {
		return err
	}
	after.Account = account
	keys := slices.DeleteFunc(m.keys(account, now), func(key kv.Key) bool { return key.Compare(after) <= 0 })
	entries := make([]kv.Entry, len(keys))
	for i, key := range keys {
		entries[i] = m.entries[key]
	}
	m.mu.Unlock()
	for i, key := range keys {
		if err := visit(key, entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// Accounts implements kv.Engine.
func (m *Engine) Accounts(ctx context.Context) ([]string, error) {
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	named := map[string]bool{}
	for key := range m.entries {
		named[key.Account] = true
	}
	return slices.Sorted(maps.Keys(named)), nil
}

// Usage implements kv.Engine.
func (m *Engine) Usage(ctx context.Context, account string) (kv.Usage, error) {
	if err := m.open(ctx); err != nil {
		return kv.Usage{}, err
	}
	defer m.mu.Unlock()
	return m.usage(account, time.Time{}), nil
}

// usage counts the entries of an account that are live at a moment.
func (m *Engine) usage(account string, now time.Time) (use kv.Usage) {
	for key, e := range m.entries {
		if key.Account == account && !e.Expired(now) {
			use.Keys++
			use.Bytes += kv.Size(key, e.Value)
		}
	}
	return use
}

// Total implements kv.Engine.
func (m *Engine) Total(ctx context.Context) (accounts int, all kv.Usage, err error) {
	if err := m.open(ctx); err != nil {
		return 0, kv.Usage{}, err
	}
	defer m.mu.Unlock()
	named := map[string]bool{}
	for key, e := range m.entries {
		named[key.Account] = true
		all.Keys++
		all.Bytes += kv.Size(key, e.Value)
	}
	return len(named), all, nil
}

// Purge implements kv.Engine.
func (m *Engine) Purge(ctx context.Context, account string) error {
	if err := m.open(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for key := range m.entries {
		if key.Account == account {
			delete(m.entries, key)
		}
	}
	return nil
}

// Sweep implements kv.Engine.
func (m *Engine) Sweep(ctx context.Context, now time.Time) (deleted int, err error) {
	if err := m.open(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	for key, e := range m.entries {
		if e.Expired(now) {
			delete(m.entries, key)
			deleted++
		}
	}
	return deleted, nil
}

// Close implements kv.Engine.
func (m *Engine) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}
