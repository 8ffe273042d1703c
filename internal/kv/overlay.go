package kv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Overlay returns a store for a rehearsal: it reads what is stored here, keeps writes to itself, and never changes
// what is below. It has the same quota and the same clock, and takes memory only for what is written. It is dropped
// when nobody refers to it any more; closing it does not close what is below.
func (s *Store) Overlay() *Store { return s.OverlayAt(s.opts.Clock) }

// OverlayAt is Overlay with a clock of its own.
func (s *Store) OverlayAt(clock func() time.Time) *Store {
	opts := s.opts
	opts.Clock, opts.Observe = clock, nil
	return New(&overlay{below: s.engine, written: map[Key]*Entry{}, use: map[string]Usage{}}, opts)
}

// overlay is the engine of an overlay.
type overlay struct {
	below Engine

	mu      sync.Mutex
	written map[Key]*Entry   // nil for a deleted one
	use     map[string]Usage // what writes added to the usage of an account
	version uint64           // the highest one that was given
}

// errOverlay reports something that an overlay does not do, since nobody who rehearses may ask for it.
var errOverlay = errors.New("kv: an overlay of a rehearsal cannot do this")

func (o *overlay) Read(ctx context.Context, key Key, now time.Time) (*Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.read(ctx, key, now)
}

func (o *overlay) read(ctx context.Context, key Key, now time.Time) (*Entry, error) {
	if e, written := o.written[key]; written {
		return Live(e, now), nil
	}
	return o.below.Read(ctx, key, now)
}

func (o *overlay) Update(ctx context.Context, key Key, now time.Time, change Change) (*Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.expire(now)
	current, err := o.read(ctx, key, now)
	if err != nil {
		return nil, err
	}
	use, err := o.usage(ctx, key.Account)
	if err != nil {
		return nil, err
	}
	next, err := change(current, use)
	if err != nil || next == current {
		return current, err
	}
	added := o.use[key.Account]
	if current != nil {
		added.Keys--
		added.Bytes -= Size(key, current.Value)
	}
	if next != nil {
		added.Keys++
		added.Bytes += Size(key, next.Value)
		if current != nil {
			o.version = max(o.version, current.Version)
		}
		o.version++
		next.Version = o.version
	}
	o.use[key.Account], o.written[key] = added, next
	return next, nil
}

// expire turns what was written here and has expired into what was deleted here.
func (o *overlay) expire(now time.Time) {
	for key, e := range o.written {
		if e != nil && e.Expired(now) {
			use := o.use[key.Account]
			o.use[key.Account] = Usage{Keys: use.Keys - 1, Bytes: use.Bytes - Size(key, e.Value)}
			o.written[key] = nil
		}
	}
}

func (o *overlay) List(ctx context.Context, s Scope, now time.Time, visit func(string) bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var names []string
	for key, e := range o.written {
		if key.Account == s.Account && key.Namespace == s.Namespace && Live(e, now) != nil &&
			strings.HasPrefix(key.Name, s.Prefix) && key.Name > s.After {
			names = append(names, key.Name)
		}
	}
	slices.Sort(names)
	more := true
	err := o.below.List(ctx, s, now, func(name string) bool {
		if _, written := o.written[Key{s.Account, s.Namespace, name}]; written {
			return true
		}
		for more && len(names) > 0 && names[0] < name {
			more, names = visit(names[0]), names[1:]
		}
		more = more && visit(name)
		return more
	})
	for err == nil && more && len(names) > 0 {
		more, names = visit(names[0]), names[1:]
	}
	return err
}

func (o *overlay) Usage(ctx context.Context, account string) (Usage, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.usage(ctx, account)
}

func (o *overlay) usage(ctx context.Context, account string) (Usage, error) {
	use, err := o.below.Usage(ctx, account)
	use.Keys += o.use[account].Keys
	use.Bytes += o.use[account].Bytes
	return use, err
}

func (o *overlay) Walk(context.Context, string, Key, time.Time, func(Key, Entry) error) error {
	return errOverlay
}

func (o *overlay) Accounts(context.Context) ([]string, error)    { return nil, errOverlay }
func (o *overlay) Total(context.Context) (int, Usage, error)     { return 0, Usage{}, errOverlay }
func (o *overlay) Purge(context.Context, string) error           { return errOverlay }
func (o *overlay) Sweep(context.Context, time.Time) (int, error) { return 0, nil }
func (o *overlay) Close() error                                  { return nil }
