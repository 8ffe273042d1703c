package callflow

import (
	"context"
	"sync"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/pattern"
)

// The bounds of a Cache.
const (
	cacheKeep     = 10 * time.Second
	cacheAccounts = 1000
	cacheNumbers  = 1000 // per account
)

// Cache is a Directory that caches which callflow has a number, and an account's compiled patterns. KAZOO caches them
// for an hour and drops them at every change of a callflow (docs/reference/kazoo.md#finding-the-callflow). Here Forget
// and Changed report changes. A change that nobody reports, because the datastore's changes cannot be followed for a
// while, takes effect after ten seconds. Cache is safe for concurrent use. Documents behind modules are never cached.
type Cache struct {
	Directory
	now      func() time.Time
	patterns *pattern.Cache

	mu       sync.Mutex
	accounts map[account.ID]*remembered
}

// remembered is the cache of one account. It is replaced, never emptied: a pending answer from before the account was
// forgotten then has no cache to write to.
type remembered struct {
	until    time.Time
	numbers  map[string][]Document
	patterns []PatternRow
	complete bool // patterns holds all of them
}

// NewCache returns a cache in front of a directory. patterns caches compiled patterns beyond one account's entry; nil
// for none.
func NewCache(d Directory, now func() time.Time, patterns *pattern.Cache) *Cache {
	return &Cache{Directory: d, now: now, patterns: patterns, accounts: make(map[account.ID]*remembered)}
}

// Forget makes the next call of the account ask the directory again.
func (c *Cache) Forget(id account.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.accounts, id)
}

// ForgetAll makes the next call of every account ask the directory again.
func (c *Cache) ForgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.accounts)
}

// Changed drops what a change in the callflows database affects. It needs Change.Doc: a purged document no longer names
// its account, so Changed then drops all accounts.
func (c *Cache) Changed(change datastore.Change) {
	switch {
	case change.Doc.Type() == DocumentType:
		c.Forget(account.ID(change.Doc.Account()))
	case change.Deleted:
		c.ForgetAll()
	}
}

// of returns the cache of an account. The caller holds mu.
func (c *Cache) of(id account.ID) *remembered {
	r, ok := c.accounts[id]
	if ok && c.now().Before(r.until) {
		return r
	}
	if len(c.accounts) >= cacheAccounts {
		clear(c.accounts)
	}
	r = &remembered{until: c.now().Add(cacheKeep), numbers: make(map[string][]Document)}
	c.accounts[id] = r
	return r
}

// ByNumber implements Directory. It also caches that nobody has a number.
func (c *Cache) ByNumber(ctx context.Context, id account.ID, number string) ([]Document, error) {
	c.mu.Lock()
	r := c.of(id)
	docs, ok := r.numbers[number]
	c.mu.Unlock()
	if ok {
		return docs, nil
	}
	docs, err := c.Directory.ByNumber(ctx, id, number)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(r.numbers) >= cacheNumbers {
		clear(r.numbers)
	}
	r.numbers[number] = docs
	return docs, nil
}

// Patterns implements Directory.
func (c *Cache) Patterns(ctx context.Context, id account.ID) ([]PatternRow, error) {
	c.mu.Lock()
	r := c.of(id)
	rows, ok := r.patterns, r.complete
	c.mu.Unlock()
	if ok {
		return rows, nil
	}
	rows, err := c.Directory.Patterns(ctx, id)
	if err != nil {
		return nil, err
	}
	compiled := make([]PatternRow, len(rows))
	for i, row := range rows {
		compiled[i] = row
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		compiled[i].compiled, compiled[i].problem = c.patterns.Compile(row.Pattern)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r.patterns, r.complete = compiled, true
	return compiled, nil
}
