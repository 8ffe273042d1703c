package calls

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"callfn/internal/account"
)

// ErrHungUp is the cause of a call's context after HangUp.
var ErrHungUp = errors.New("hung up by an admin")

// Observer is told of every call that is over, also of those that reached no account, whose record has none. It returns
// at once.
type Observer interface {
	CallEnded(r Record)
}

// Registry is the calls in progress in this process. It is safe for concurrent use.
type Registry struct {
	now       func() time.Time
	observers []Observer

	mu    sync.Mutex
	calls map[key]*Call
}

// key names a call: Call-IDs come from callers, so that two accounts may have the same one.
type key struct {
	account account.ID
	id      string
}

// Observe has an observer told of the calls that end from now on. Call it before the first call begins.
func (r *Registry) Observe(o Observer) { r.observers = append(r.observers, o) }

// NewRegistry makes an empty registry.
func NewRegistry(now func() time.Time, observers ...Observer) *Registry {
	return &Registry{now: now, observers: observers, calls: map[key]*Call{}}
}

// Begin adds a call that a switch carries. Walk it with the returned context and with Call.Control, and end it with
// Call.Finish. A second call of the same account and Call-ID takes the first one's place in listings.
func (r *Registry) Begin(ctx context.Context, in Incoming) (context.Context, *Call) {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &Call{registry: r, incoming: in, began: r.now(), cancel: cancel}
	c.channel = describe(in, c.began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[c.key()] = c
	return ctx, c
}

// Of lists the calls of an account, the oldest first.
func (r *Registry) Of(id account.ID) []Channel {
	r.mu.Lock()
	var found []*Call
	for k, c := range r.calls {
		if k.account == id {
			found = append(found, c)
		}
	}
	r.mu.Unlock()
	channels := make([]Channel, len(found))
	for i, c := range found {
		channels[i] = c.Channel()
	}
	slices.SortFunc(channels, func(a, b Channel) int {
		return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.CallID, b.CallID))
	})
	return channels
}

// Get returns one call of an account.
func (r *Registry) Get(id account.ID, callID string) (Channel, bool) {
	c := r.find(id, callID)
	if c == nil {
		return Channel{}, false
	}
	return c.Channel(), true
}

// HangUp ends one call of an account, and reports whether there is one. The switch hangs up once the walk has stopped.
func (r *Registry) HangUp(id account.ID, callID string) bool {
	c := r.find(id, callID)
	if c == nil {
		return false
	}
	c.cancel(ErrHungUp)
	return true
}

// Count is how many calls are in progress.
func (r *Registry) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

func (r *Registry) find(id account.ID, callID string) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[key{id, callID}]
}

// finish takes a call out and tells the observers of it.
func (r *Registry) finish(c *Call, record Record) {
	r.mu.Lock()
	if r.calls[c.key()] == c {
		delete(r.calls, c.key())
	}
	r.mu.Unlock()
	r.tell(record)
}

func (r *Registry) tell(record Record) {
	for _, o := range r.observers {
		o.CallEnded(record)
	}
}
