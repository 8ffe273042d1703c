package kv

import (
	"encoding/json"
	"time"
)

// Entry is a stored value.
type Entry struct {
	Value json.RawMessage // JSON without needless white space
	// Version is at least 1 and grows with every write of the key. No version of a key is used twice, not even after
	// the key was deleted.
	Version uint64
	// Expires is when the entry ceases to exist, in whole milliseconds; the zero time for never.
	Expires time.Time
}

// Expired reports whether the entry has ceased to exist at a moment.
func (e *Entry) Expired(now time.Time) bool {
	return !e.Expires.IsZero() && !now.Before(e.Expires)
}

// Live returns an entry, or nil when it has expired or is nil.
func Live(e *Entry, now time.Time) *Entry {
	if e == nil || e.Expired(now) {
		return nil
	}
	return e
}
