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

// Following configures a Follower. Its functions are called from one goroutine, one at a time. They should return soon,
// because later changes wait for them.
type Following struct {
	// Database is called at every connection, so that the follower finds a database that was moved.
	Database func() (*Database, error)
	// Everything begins with all existing documents; otherwise the follower begins with the next change.
	Everything bool
	// IncludeDocs adds the document as it is now to each change.
	IncludeDocs bool
	// Fresh is called when the follower starts over, before the first change. Anything learnt earlier is then outdated,
	// since changes may have been missed. May be nil.
	Fresh func()
	// Change is called for every change, in the datastore's order. Some may come twice.
	Change func(Change)
	// Current is called when every change that existed at the start has been passed on, once after each Fresh. May be nil.
	Current func()
	Log     *slog.Logger // logs each outage once; nil for nowhere
}

// The times of a Follower.
const (
	// followRetry is the pause before a feed is opened again. It doubles up to followRetryMax while feeds fail.
	followRetry    = 50 * time.Millisecond
	followRetryMax = time.Second
	// followSilence is the silence after which a feed is opened again, because the server may have vanished.
	followSilence = 30 * time.Second
)

// Follower reads the changes of a database until it is closed. When the feed breaks, it continues where it stopped as
// soon as the server answers again, or starts over (see Fresh) if the server does not know the sequence any more.
type Follower struct {
	cfg     Following
	silence time.Duration
	stop    context.CancelFunc
	done    chan struct{}

	at    place  // the database that is followed
	since string // the last sequence that was passed on
	begun bool   // since is known
}

// place is one database on one connection.
type place struct {
	connection *Connection
	database   string
}

// Follow starts a Follower. Close it before the connection.
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

// Close stops following. No function is called after it returns.
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
			f.begun = false // the server may have refused the sequence
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

// begin starts over. It learns the sequence to continue from before it calls Fresh, so that no change is missed.
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

// read passes on the changes of one feed.
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

// sequence returns the database's current update sequence.
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
