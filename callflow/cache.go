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
	cacheNumbers  = 1000 // of one account
)

// Cache is a Directory that remembers which callflow has a number, and an account's patterns, compiled once. KAZOO
// remembers them for an hour and forgets them at every change of a callflow
// (docs/reference/kazoo.md#finding-the-callflow); here Forget and Changed are told of changes, and what nobody could
// tell of, since the datastore's changes cannot be followed for a while, shows after ten seconds. It is safe for
// concurrent use. Documents behind modules are always read anew.
type Cache struct {
	Directory
	now      func() time.Time
	patterns *pattern.Cache

	mu       sync.Mutex
	accounts map[account.ID]*remembered
}

// remembered is what is known of one account. It is replaced, never emptied, so that an answer that was on its way
// while the account was forgotten finds nothing to be written into.
type remembered struct {
	until    time.Time
	numbers  map[string][]Document
	patterns []PatternRow
	complete bool // patterns are all of them
}

// NewCache puts a cache before a directory. patterns keeps compiled patterns beyond an account's turn; nil for none.
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

// Changed forgets what a change in the callflows database touches. Change.Doc is needed: a document that is really
// deleted does not say any more whose it was, and makes all accounts forgotten.
func (c *Cache) Changed(change datastore.Change) {
	switch {
	case change.Doc.Type() == DocumentType:
		c.Forget(account.ID(change.Doc.Account()))
	case change.Deleted:
		c.ForgetAll()
	}
}

// of gives what is remembered of an account; the caller holds mu.
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

// ByNumber implements Directory. That nobody has a number is remembered too.
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
