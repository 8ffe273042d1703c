package secret

import (
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

const (
	// UseResolution is how exact the time of a secret's last use is: a use is stored when the one that is stored is as
	// old as this.
	UseResolution = time.Hour
	// rememberedUses bounds what is known of uses that are stored, and mostPending those that are not.
	rememberedUses = 10_000
	mostPending    = 10_000
	usesType       = "secret_uses"
)

// Uses collects when secrets were used, and stores it apart from the secrets: a write of a use never competes with a
// new value. It is safe for concurrent use.
type Uses struct {
	store   *Store
	mu      sync.Mutex
	stored  *lru.Cache[use, time.Time]
	pending map[use]time.Time
}

type use struct {
	of   account.ID
	name string
}

// NewUses collects uses of a store's secrets.
func NewUses(store *Store) *Uses {
	stored, err := lru.New[use, time.Time](rememberedUses)
	if err != nil {
		panic("secret: " + err.Error()) // only for a size below one
	}
	return &Uses{store: store, stored: stored, pending: map[use]time.Time{}}
}

// Used notes that a secret was used. It never blocks on the datastore.
func (u *Uses) Used(of account.ID, name string) {
	now := u.store.Now()
	key := use{of, name}
	u.mu.Lock()
	defer u.mu.Unlock()
	if last, ok := u.stored.Get(key); ok && now.Sub(last) < UseResolution || len(u.pending) >= mostPending {
		return
	}
	u.pending[key] = now
}

// Flush stores what was noted. What cannot be stored is tried at the next flush.
func (u *Uses) Flush(ctx context.Context) error {
	u.mu.Lock()
	byAccount := map[account.ID]map[string]time.Time{}
	for key, at := range u.pending {
		if byAccount[key.of] == nil {
			byAccount[key.of] = map[string]time.Time{}
		}
		byAccount[key.of][key.name] = at
	}
	u.mu.Unlock()
	var failed error
	for of, uses := range byAccount {
		if err := u.store.saveUses(ctx, of, uses); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		u.mu.Lock()
		for name, at := range uses {
			u.stored.Add(use{of, name}, at)
			delete(u.pending, use{of, name})
		}
		u.mu.Unlock()
	}
	return failed
}

func usesID(of account.ID) string { return usesType + "-" + string(of) }

// saveUses merges times into the account's document. Of two processes that write at once the later one reads again.
func (s *Store) saveUses(ctx context.Context, of account.ID, uses map[string]time.Time) error {
	db, err := s.database()
	if err != nil {
		return err
	}
	const attempts = 3
	for attempt := 1; ; attempt++ {
		doc, err := db.Get(ctx, usesID(of))
		fresh := errors.Is(err, datastore.ErrNotFound)
		if fresh {
			doc = datastore.Document{"_id": usesID(of)}
		} else if err != nil {
			return err
		}
		times, _ := doc["used"].(map[string]any)
		if times == nil {
			times = map[string]any{}
		}
		for name, at := range uses {
			if moment(times[name]).Before(at) {
				times[name] = datastore.Gregorian(at)
			}
		}
		doc["used"] = times
		stamp := datastore.Stamp{Type: usesType, AccountID: string(of), Database: datastore.Accounts, Now: s.Now()}
		stamp.Mark(doc)
		if fresh {
			_, err = db.Create(ctx, doc)
		} else {
			_, err = db.Save(ctx, doc)
		}
		if err == nil || !errors.Is(err, datastore.ErrConflict) || attempt == attempts {
			return err
		}
	}
}

// lastUses gives when the account's secrets were last used, by name.
func (s *Store) lastUses(ctx context.Context, of account.ID) (map[string]time.Time, error) {
	db, err := s.database()
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, usesID(of))
	if errors.Is(err, datastore.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	times, _ := doc["used"].(map[string]any)
	uses := make(map[string]time.Time, len(times))
	for name, at := range times {
		uses[name] = moment(at)
	}
	return uses, nil
}
