package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/memo"
)

// cached is how long an account is cached.
const cached = 30 * time.Second

// cachedError is how long the error of a read is cached.
const cachedError = 5 * time.Second

// cachedRealm is how long the account of a realm, or that there is none, is cached.
const cachedRealm = 10 * time.Second

// most bounds the cached accounts. Beyond it, all are dropped.
const most = 10_000

// Cache caches accounts for callers that cannot wait for the datastore at every call. An account may be half a minute
// old, so it must never decide about access. Forget removes an account at once. Cache is safe for concurrent use.
type Cache struct {
	store  *Store
	now    func() time.Time
	realms *memo.Memo[string, ID] // "" for a realm without an account

	mu        sync.RWMutex
	kept      map[ID]kept
	forgotten uint64 // counts calls of Forget: a read that began before one is not cached
}

type kept struct {
	account Account
	err     error
	until   time.Time
}

// NewCache returns an empty cache in front of a store.
func NewCache(store *Store, now func() time.Time) *Cache {
	return &Cache{
		store: store, now: now, kept: map[ID]kept{}, realms: memo.New[string, ID](cachedRealm, most, now),
	}
}

// Get is Store.Get with a cache. Errors are cached for a shorter time, so that an unreachable datastore does not delay
// every call.
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

// ByRealm is Store.ByRealm with a cache.
func (c *Cache) ByRealm(ctx context.Context, realm string) (Account, error) {
	id, err := c.realms.Get(strings.ToLower(realm), func() (ID, error) {
		a, err := c.store.ByRealm(ctx, realm)
		if errors.Is(err, datastore.ErrNotFound) {
			return "", nil
		}
		return a.ID(), err
	})
	if err == nil && id == "" {
		err = absent("of this name")
	}
	if err != nil {
		return Account{}, err
	}
	return c.Get(ctx, id)
}

// TimeZone is Store.TimeZone with a cache of the accounts above.
func (c *Cache) TimeZone(ctx context.Context, a Account) (string, error) {
	if known(a.timeZone()) {
		return a.timeZone(), nil
	}
	for _, id := range slices.Backward(a.Tree()) {
		above, err := c.Get(ctx, id)
		if errors.Is(err, datastore.ErrNotFound) { // deleted, which Get does not distinguish from purged
			return c.store.TimeZone(ctx, a)
		}
		if err != nil {
			return "", err
		}
		if known(above.timeZone()) {
			return above.timeZone(), nil
		}
	}
	return "UTC", nil
}

// Forget makes the next Get of the account ask the store again, and the next ByRealm of any realm.
func (c *Cache) Forget(id ID) {
	c.realms.ForgetAll()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgotten++
	delete(c.kept, id)
}

// ForgetAll removes every account and realm.
func (c *Cache) ForgetAll() {
	c.realms.ForgetAll()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgotten++
	clear(c.kept)
}
