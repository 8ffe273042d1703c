// Package memo remembers answers of the datastore for a short time, for callers that cannot wait for it at every call.
package memo

import (
	"sync"
	"time"
)

// Memo remembers one answer for each key. It is bounded: when it is full, everything is forgotten. It is safe for
// concurrent use.
type Memo[K comparable, V any] struct {
	keep time.Duration
	most int
	now  func() time.Time

	mu        sync.Mutex
	kept      map[K]answer[V]
	forgotten uint64 // counts Forget and ForgetAll: an answer from before one of them is not remembered
}

type answer[V any] struct {
	value V
	until time.Time
}

// New makes an empty Memo that remembers an answer for keep, and the answers for most keys.
func New[K comparable, V any](keep time.Duration, most int, now func() time.Time) *Memo[K, V] {
	return &Memo[K, V]{keep: keep, most: most, now: now, kept: map[K]answer[V]{}}
}

// Get returns the answer for a key: the one that is remembered, else what ask answers. Errors are not remembered.
func (m *Memo[K, V]) Get(key K, ask func() (V, error)) (V, error) {
	now := m.now()
	m.mu.Lock()
	known, ok := m.kept[key]
	forgotten := m.forgotten
	m.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.value, nil
	}
	value, err := ask()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.forgotten != forgotten {
		return value, nil
	}
	if len(m.kept) >= m.most {
		clear(m.kept)
	}
	m.kept[key] = answer[V]{value, now.Add(m.keep)}
	return value, nil
}

// Forget makes the next Get of a key ask.
func (m *Memo[K, V]) Forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten++
	delete(m.kept, key)
}

// ForgetAll makes the next Get of every key ask.
func (m *Memo[K, V]) ForgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten++
	clear(m.kept)
}
