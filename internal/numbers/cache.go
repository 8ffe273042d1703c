package numbers

import (
	"context"
	"errors"
	"time"

	"callfn/internal/account"
	"callfn/internal/memo"
)

// The bounds of a Cache.
const (
	cacheKeep    = 10 * time.Second
	cacheNumbers = 10_000
)

// Cache remembers who has a number, also that nobody has it, for calls, whose callers hear nothing meanwhile. A change
// that nobody reports by Forget takes effect after ten seconds. Cache is safe for concurrent use.
type Cache struct {
	owners Owners
	known  *memo.Memo[string, account.ID]
}

var _ Owners = (*Cache)(nil)

// NewCache makes an empty cache before owners.
func NewCache(owners Owners, now func() time.Time) *Cache {
	return &Cache{owners: owners, known: memo.New[string, account.ID](cacheKeep, cacheNumbers, now)}
}

// Owner implements Owners.
func (c *Cache) Owner(ctx context.Context, number string) (account.ID, error) {
	number = Written(number)
	if !Assignable(number) {
		return "", ErrUnassigned
	}
	id, err := c.known.Get(number, func() (account.ID, error) {
		id, err := c.owners.Owner(ctx, number)
		if errors.Is(err, ErrUnassigned) {
			return "", nil
		}
		return id, err
	})
	if err == nil && id == "" {
		err = ErrUnassigned
	}
	return id, err
}

// Forget makes the next call of a number ask again. The number is written as its document's id.
func (c *Cache) Forget(number string) { c.known.Forget(number) }

// ForgetAll makes the next call of every number ask again.
func (c *Cache) ForgetAll() { c.known.ForgetAll() }
