package localcopy

import (
	"context"
	"errors"
	"strings"
	"time"

	"callfn/internal/datastore"
)

const (
	heartbeat    = time.Second            // interval of the database's heartbeats
	retryFirst   = 100 * time.Millisecond // after a broken feed; doubled up to retryMost
	retryMost    = time.Second
	checkAgain   = 10 * time.Minute // a connection that broke within this time after a check is resumed without another
	noteAge      = 15 * time.Second // how often the file records that the copy is current
	remindEvery  = time.Minute      // how often the log says that the copy is outdated
	batchEntries = 256
	batchBytes   = 8 << 20
)

// errMoved ends a feed because the database has moved.
var errMoved = errors.New("the database has moved")

// follower keeps the copy current. It belongs to one goroutine.
type follower struct {
	*Copy
	meta    meta
	noted   time.Time // when the file last recorded that the copy is current
	checked time.Time // when the copy was last compared with the database; zero if it must be
	broken  time.Time // since when changes do not arrive; zero while they do
	logged  time.Time // when the log last said so
}

// run follows the database until ctx ends. Errors only delay it.
func (r *Copy) run(ctx context.Context) {
	f := &follower{Copy: r}
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := f.follow(ctx, func() { wait = retryFirst })
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errMoved) {
			continue
		}
		f.outage(err)
		if !errors.Is(err, datastore.ErrUnreachable) {
			// The database may be another one when it is back, or refuse the sequence.
			f.checked = time.Time{}
		}
		if errors.Is(err, datastore.ErrInvalid) {
			f.meta.Since = ""
			if err := r.store.write(nil, f.meta); err != nil {
				r.cfg.Log.Error("cannot write the local copy", "of", r.cfg.Name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// follow brings the copy up to date and keeps it current until the feed breaks.
func (f *follower) follow(ctx context.Context, works func()) error {
	var err error
	if f.meta, err = f.store.meta(); err != nil {
		return err
	}
	db, err := f.cfg.Database()
	if err != nil {
		return err
	}
	if place := placeOf(db); f.meta.Place != place {
		// Existing documents stay until the check, because a storage plan moves a database with its documents.
		f.meta.Place, f.meta.Since, f.checked = place, "", time.Time{}
	}
	started := f.cfg.Now()
	if err := f.feed(ctx, db, datastore.Feed{Since: f.meta.Since, IncludeDocs: true}); err != nil {
		return err
	}
	if f.checked.IsZero() || started.Sub(f.checked) > checkAgain {
		if err := f.check(ctx, db); err != nil {
			return err
		}
		f.checked = f.cfg.Now()
	}
	f.meta.Complete, f.meta.AsOf = true, started
	if err := f.store.write(nil, f.meta); err != nil {
		return err
	}
	works()
	f.current(started)
	if err := f.feed(ctx, db, datastore.Feed{
		Since: f.meta.Since, IncludeDocs: true, Follow: true,
		Heartbeat: heartbeat,
	}); err != nil {
		return err
	}
	return &datastore.Error{
		Op: "changes", Subject: db.Name(), Kind: datastore.ErrUnreachable,
		Cause: errors.New("the server ended the feed"),
	}
}

// item is a change, a heartbeat, or the failure that ends a feed.
type item struct {
	change datastore.Change
	beat   bool
	at     time.Time
	err    error
}

// feed writes the changes of a feed until it ends. Changes that arrive during a write form the next batch.
func (f *follower) feed(ctx context.Context, db *datastore.Database, feed datastore.Feed) error {
	ctx, cancel := context.WithCancel(ctx)
	items := make(chan item, 16)
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	send := func(i item) bool {
		i.at = f.cfg.Now()
		select {
		case items <- i:
			return true
		case <-ctx.Done():
			return false
		}
	}
	feed.OnHeartbeat = func() { send(item{beat: true}) }
	go func() {
		defer close(done)
		defer close(items)
		for change, err := range db.Changes(ctx, feed) {
			if !send(item{change: change, err: err}) {
				return
			}
		}
	}()
	for first := range items {
		if err := f.batch(first, items, feed.Follow); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// batch writes the first item and those that wait behind it.
func (f *follower) batch(first item, items <-chan item, live bool) error {
	var entries []entry
	size, last := 0, first
	var broken error
	for i, more := first, true; more; {
		switch {
		case i.err != nil:
			broken = i.err
		case !i.beat:
			e := f.entry(i.change)
			f.meta.Since = i.change.Seq
			size += len(e.raw)
			entries = append(entries, e)
		}
		last = i
		if broken != nil || len(entries) >= batchEntries || size >= batchBytes {
			break
		}
		select {
		case i, more = <-items:
		default:
			more = false
		}
	}
	if live && broken == nil {
		f.meta.AsOf = last.at
	}
	if len(entries) > 0 || live && broken == nil && last.at.Sub(f.noted) > noteAge {
		if err := f.store.write(entries, f.meta); err != nil {
			return err
		}
		f.noted = last.at
	}
	if broken != nil {
		return broken
	}
	if !live {
		return nil
	}
	f.current(last.at)
	if db, err := f.cfg.Database(); err != nil || placeOf(db) != f.meta.Place {
		return errors.Join(errMoved, err)
	}
	return nil
}

// entry returns what the copy keeps of a changed document.
func (f *follower) entry(c datastore.Change) entry {
	e := entry{id: c.ID, rev: c.Rev, gone: c.Deleted || c.Doc == nil}
	if !e.gone && f.holds(c.ID, c.Doc) {
		e.raw = c.Raw
	}
	return e
}

// holds reports whether a document is copied whole. Design documents never are.
func (f *follower) holds(id string, doc datastore.Document) bool {
	return !strings.HasPrefix(id, "_design/") && f.cfg.Keep(doc)
}

// placeOf names a database on its server.
func placeOf(db *datastore.Database) string { return db.Connection().Address() + "/" + db.Name() }

// current records that the copy has every change up to asOf.
func (f *follower) current(asOf time.Time) {
	f.change(func(s *State) { *s = State{Complete: true, Following: true, AsOf: asOf} })
	if !f.logged.IsZero() {
		f.cfg.Log.Info("caught up with the database, the local copy is current", "of", f.cfg.Name, "after",
			f.cfg.Now().Sub(f.broken).Round(time.Millisecond))
	}
	f.broken, f.logged = time.Time{}, time.Time{}
}

// outage records that changes do not arrive. It logs this once a minute, but not for a moment's break.
func (f *follower) outage(cause error) {
	now := f.cfg.Now()
	f.change(func(s *State) { s.Following, s.Cause = false, cause })
	if f.broken.IsZero() {
		f.broken = now
		return
	}
	if now.Sub(f.logged) < remindEvery {
		return
	}
	f.logged = now
	s := f.State()
	if !s.Complete {
		f.cfg.Log.Error("cannot make the local copy: changes do not arrive", "of", f.cfg.Name, "error", cause)
		return
	}
	f.cfg.Log.Error("using the local copy as it is: changes do not arrive", "of", f.cfg.Name, "age",
		s.Age(now).Round(time.Millisecond), "error", cause)
}
