package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"callfn/internal/datastore"
)

// resetField of a user's document is the password reset under way: a keyed hash of its id, when it ends, and when it
// began.
const resetField = "pvt_password_reset"

// The reasons why there is no reset.
var (
	// ErrResetTooSoon: one was asked for a moment ago.
	ErrResetTooSoon = errors.New("a password reset was asked for a moment ago")
	// ErrNoReset: this is no reset of the user that can still be used.
	ErrNoReset = errors.New("no such password reset")
)

// ResetLife is how long a password reset can be used.
const ResetLife = 30 * time.Minute

// resetPause is how long a user gets no second one: nobody's mailbox is to be filled.
const resetPause = time.Minute

// BeginReset notes a password reset of a user, in place of an earlier one. hash is what is stored of its id.
func (s *Store) BeginReset(ctx context.Context, id ID, user, hash string, stamp datastore.Stamp) (User, error) {
	now := s.cfg.Now()
	return s.changeUser(ctx, id, user, stamp, func(doc datastore.Document) error {
		earlier, _ := doc[resetField].(map[string]any)
		if began, _ := earlier["began"].(string); began != "" && now.Before(moment(began).Add(resetPause)) {
			return ErrResetTooSoon
		}
		doc[resetField] = map[string]any{
			"hash": hash, "began": now.UTC().Format(time.RFC3339), "ends": now.Add(ResetLife).UTC().Format(time.RFC3339),
		}
		return nil
	})
}

// ResetCounts reports whether hash is of the password reset that the user can still use.
func (u User) ResetCounts(hash string, now time.Time) bool {
	reset, _ := u.doc[resetField].(map[string]any)
	stored, _ := reset["hash"].(string)
	ends, _ := reset["ends"].(string)
	return stored != "" && subtle.ConstantTimeCompare([]byte(stored), []byte(hash)) == 1 && now.Before(moment(ends))
}

// UseReset ends a password reset, once, and says that a new password is due (require_password_update, as KAZOO does).
// ErrNoReset, or datastore.ErrNotFound without such a user, when hash is of none that can be used.
func (s *Store) UseReset(ctx context.Context, id ID, user, hash string, stamp datastore.Stamp) (User, error) {
	return s.changeUser(ctx, id, user, stamp, func(doc datastore.Document) error {
		if !UserFromDocument(doc).ResetCounts(hash, s.cfg.Now()) {
			return ErrNoReset
		}
		delete(doc, resetField)
		doc["require_password_update"] = true
		return nil
	})
}

// moment reads a time as it is stored; zero for what is none.
func moment(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at
}
