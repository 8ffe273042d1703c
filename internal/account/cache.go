package account

import (
	"context"
	"sync"
	"time"
)

// cached is how long an account is remembered.
const cached = 30 * time.Second

// cachedError is how long the error of a read is remembered.
const cachedError = 5 * time.Second

// most bounds the remembered accounts; beyond it all are forgotten.
const most = 10_000

// Cache remembers accounts for callers that cannot wait for the datastore at every call. An account may be half a
// minute old, so that access must never be decided by it; Forget removes it at once. Cache is safe for concurrent use.
type Cache struct {
	store *Store
	now   func() time.Time

	mu        sync.RWMutex
	kept      map[ID]kept
	forgotten uint64 // counts calls of Forget: a read that one overtakes is not remembered
}

type kept struct {
	account Account
	err     error
	until   time.Time
}

// NewCache makes an empty cache before a store.
func NewCache(store *Store, now func() time.Time) *Cache {
	return &Cache{store: store, now: now, kept: map[ID]kept{}}
}

// Get is Store.Get with a memory. Errors are remembered for a shorter time, so that an unreachable datastore does not
// delay every call.
func (c *Cache) Get(ctx context.Context, id ID) (Account, error) {
	now := c.now()
	c.mu.RLock()
	k, ok := c.kept[id]
	forgotten := c.forgotten
	c.mu.RUnlock()
	if ok && now.Before(k.until) {
		return k.account, k.err
	}
	a, err := c.store.Get(ctx, id)
	until := now.Add(cached)
	if err != nil {
		until = now.Add(cachedError)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgotten != forgotten {
		return a, err
	}
	if len(c.kept) >= most {
		clear(c.kept)
	}
	c.kept[id] = kept{a, err, until}
	return a, err
}

// Forget makes the next Get of the account ask the store again.
func (c *Cache) Forget(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgotten++
	delete(c.kept, id)
}

// ForgetAll forgets every account.
func (c *Cache) ForgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgotten++
	clear(c.kept)
}
