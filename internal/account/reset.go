package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"callfn/internal/datastore"
)

// resetField of a user's document is the pending password reset: a keyed hash of its id, and when it begins and ends.
const resetField = "pvt_password_reset"

// The errors of password resets.
var (
	// ErrResetTooSoon reports that the previous reset was requested a moment ago.
	ErrResetTooSoon = errors.New("a password reset was asked for a moment ago")
	// ErrNoReset reports that the user has no such reset, or that it was used or has expired.
	ErrNoReset = errors.New("no such password reset")
)

// ResetLife is how long a password reset can be used.
const ResetLife = 30 * time.Minute

// resetPause is the time between two resets of a user, so that nobody can flood a mailbox.
const resetPause = time.Minute

// BeginReset stores a password reset of a user in place of an earlier one. hash is the keyed hash of its id.
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

// ResetCounts reports whether hash belongs to a password reset that the user can still use.
func (u User) ResetCounts(hash string, now time.Time) bool {
	reset, _ := u.doc[resetField].(map[string]any)
	stored, _ := reset["hash"].(string)
	ends, _ := reset["ends"].(string)
	return stored != "" && subtle.ConstantTimeCompare([]byte(stored), []byte(hash)) == 1 && now.Before(moment(ends))
}

// UseReset consumes a password reset and requires a new password (require_password_update, as in KAZOO). It returns
// ErrNoReset if hash belongs to no usable reset, and datastore.ErrNotFound if there is no such user.
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

// moment parses a stored time. It returns the zero time for anything else.
func moment(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at
}
