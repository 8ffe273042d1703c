package natskv

import (
	"time"

	"callfn/internal/kv"
)

// ledger is what an account stores. Every message of the account has it, as it is after that message, in a header. So
// the account's last message has the one that counts.
//
// Entries count until Swept has passed their expiry. So a sweep takes what expired out of the count in one message, and
// removes the messages of expired and deleted keys afterwards, which may fail and be repeated.
type ledger struct {
	Keys  int   `json:"keys"`
	Bytes int64 `json:"bytes"`
	Next  int64 `json:"next,omitempty"`  // no counted entry expires before; ms since 1970, 0 for none that expires
	Swept int64 `json:"swept,omitempty"` // what expired up to here is not counted; ms since 1970
	Dead  int   `json:"dead,omitempty"`  // messages of deleted keys since the last sweep
}

func (l ledger) usage() kv.Usage { return kv.Usage{Keys: l.Keys, Bytes: l.Bytes} }

// due reports whether an entry that counts has expired.
func (l ledger) due(now time.Time) bool { return l.Next != 0 && l.Next <= now.UnixMilli() }

// counts reports whether a message's entry is counted.
func (l ledger) counts(m message) bool {
	return m.seq != 0 && !m.deleted && (m.expires == 0 || m.expires > l.Swept)
}

// add counts an entry that is about to be stored; nil for one that is deleted.
func (l *ledger) add(key kv.Key, e *kv.Entry) {
	if e == nil {
		l.Dead++
		return
	}
	l.Keys++
	l.Bytes += kv.Size(key, e.Value)
	l.expiresAt(millis(e.Expires))
}

// remove takes the entry of a message out of the count.
func (l *ledger) remove(m message) {
	if l.counts(m) {
		l.Keys--
		l.Bytes -= m.size
	}
}

func (l *ledger) expiresAt(ms int64) {
	if ms != 0 && (l.Next == 0 || ms < l.Next) {
		l.Next = ms
	}
}

// millis is a moment in ms since 1970; 0 for never.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
