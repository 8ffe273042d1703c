package datastore

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Following says what a Follower reads and whom it tells. Its functions are called from one goroutine, one after the
// other, and should return soon: what changes meanwhile waits.
type Following struct {
	// Database is asked at every connection, so that a database that was moved is followed to its new place.
	Database func() (*Database, error)
	// Everything begins with every document there is; otherwise the follower begins with what changes from now on.
	Everything bool
	// IncludeDocs gives with each change the document as it is by now.
	IncludeDocs bool
	// Fresh is told when the follower starts over, and before the first change: whatever was learnt before counts no more,
	// since changes may have been missed. May be nil.
	Fresh func()
	// Change is told of every change, in the order the datastore gives; some may come twice.
	Change func(Change)
	// Current is told when everything that there was at the start has been told, once after each Fresh. May be nil.
	Current func()
	Log     *slog.Logger // outages are told there, once each; nil for nowhere
}

// The bounds of a Follower.
const (
	// before a feed is opened anew; doubles up to followRetryMax while that does not last
	followRetry    = 50 * time.Millisecond
	followRetryMax = time.Second
	// a feed that says nothing for so long is opened anew: the server may be gone without a word
	followSilence = 30 * time.Second
)

// Follower reads the changes of a database for as long as it lives. It outlives the server: when the feed breaks, it
// goes on where it was as soon as the server answers again, or starts over (see Fresh) where that cannot be.
type Follower struct {
	cfg     Following
	silence time.Duration
	stop    context.CancelFunc
	done    chan struct{}

	at    place  // what is followed
	since string // the last sequence that was told
	begun bool   // since is known
}

// place is one database on one connection.
type place struct {
	connection *Connection
	database   string
}

// Follow starts to follow. Close the Follower before the connection.
func Follow(cfg Following) *Follower { return follow(cfg, followSilence) }

func follow(cfg Following, silence time.Duration) *Follower {
	if cfg.Fresh == nil {
		cfg.Fresh = func() {}
	}
	if cfg.Current == nil {
		cfg.Current = func() {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &Follower{cfg: cfg, silence: silence, stop: cancel, done: make(chan struct{})}
	go f.run(ctx)
	return f
}

// Close ends the following and waits until nobody is told any more.
func (f *Follower) Close() {
	f.stop()
	<-f.done
}

func (f *Follower) run(ctx context.Context) {
	defer close(f.done)
	wait, told := followRetry, false
	for ctx.Err() == nil {
		started := time.Now()
		err := f.connect(ctx)
		if time.Since(started) > followRetryMax {
			wait = followRetry // it worked for a while
		}
		switch {
		case ctx.Err() != nil:
			return
		case err == nil: // the feed ended or fell silent: nothing is wrong
			told = false
		case !told:
			f.cfg.Log.Warn("cannot follow changes, retrying", "error", err)
			told = true
		}
		if err != nil && !errors.Is(err, ErrUnreachable) {
			f.begun = false // the sequence may be what the server does not like
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, followRetryMax)
	}
}

// connect reads the feed once, until it ends.
func (f *Follower) connect(ctx context.Context) error {
	db, err := f.cfg.Database()
	if err != nil {
		return err
	}
	if at := (place{db.connection, db.name}); at != f.at {
		f.at, f.begun = at, false
	}
	if !f.begun {
		if err := f.begin(ctx, db); err != nil {
			return err
		}
	}
	err = f.read(ctx, db, Feed{Since: f.since, Follow: true, IncludeDocs: f.cfg.IncludeDocs, Heartbeat: f.silence / 3})
	if errors.Is(err, errSilent) {
		return nil
	}
	return err
}

// begin starts over. The sequence to go on from is known before anyone may learn anything, so that no change is missed.
func (f *Follower) begin(ctx context.Context, db *Database) error {
	if f.cfg.Everything {
		f.since = ""
		f.cfg.Fresh()
		if err := f.read(ctx, db, Feed{IncludeDocs: f.cfg.IncludeDocs}); err != nil {
			return err
		}
	} else {
		var err error
		if f.since, err = db.sequence(ctx); err != nil {
			return err
		}
		f.cfg.Fresh()
	}
	f.begun = true
	f.cfg.Current()
	return nil
}

var errSilent = errors.New("the feed was silent")

// read tells what one feed yields.
func (f *Follower) read(ctx context.Context, db *Database, feed Feed) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(f.silence, func() { cancel(errSilent) })
	defer silence.Stop()
	for change, err := range db.Changes(ctx, feed) {
		if err != nil {
			if errors.Is(context.Cause(ctx), errSilent) {
				return errSilent
			}
			return err
		}
		silence.Stop()
		f.cfg.Change(change)
		f.since = change.Seq
		silence.Reset(f.silence)
	}
	if errors.Is(context.Cause(ctx), errSilent) {
		return errSilent
	}
	return nil
}

// sequence is where the database's changes are now.
func (d *Database) sequence(ctx context.Context) (string, error) {
	var feed struct {
		LastSeq json.RawMessage `json:"last_seq"`
	}
	// CouchDB takes limit=0 for 1; with since=now there is nothing to limit either way.
	if err := d.connection.Ask(ctx, http.MethodGet, "/"+url.PathEscape(d.name)+"/_changes?since=now&limit=1", nil,
		&feed); err != nil {
		return "", err
	}
	var text string
	if json.Unmarshal(feed.LastSeq, &text) == nil {
		return text, nil
	}
	return string(feed.LastSeq), nil // a number
}
