// Package localcopy keeps a copy of some documents of one database on the local disk, current by the database's changes
// feed. Code that needs the documents for every call reads the copy without a request. The copy still works while the
// database cannot be reached, even after a restart, and its age is known.
//
// The copy is a bbolt file and not a map: 100,000 functions of up to 64 KiB are 6 GB, and the kernel keeps in memory
// what is used and fits. The heap has only the batch under way (at most 8 MiB, or one document) and, during a check,
// the database's ids and revisions (about 10 MB for 100,000 documents).
package localcopy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// Config configures a Copy. The first block is required.
type Config struct {
	Name string // for logs and errors: "functions"
	Path string // of the file; created with mode 0600
	// Database returns the database to copy. It is called about once a second, since a storage plan may move the database.
	Database func() (*datastore.Database, error)
	Keep     func(datastore.Document) bool // selects the documents to copy; of others only the revision is kept
	Now      func() time.Time

	Log *slog.Logger // nil for none
}

// Copy is a local copy of documents. It is safe for concurrent use.
type Copy struct {
	cfg   Config
	store *store
	stop  context.CancelFunc
	done  chan struct{}

	mu    sync.Mutex
	state State
}

// State is how current the copy is.
type State struct {
	Complete  bool      // there is a whole copy, of whatever age
	Following bool      // changes arrive as they happen
	AsOf      time.Time // the copy has every change up to then; zero for never
	Cause     error     // why changes do not arrive; nil if they do
}

// Age returns the greatest possible age of the copy.
func (s State) Age(now time.Time) time.Duration { return now.Sub(s.AsOf) }

// Open opens or creates the copy and begins to follow the database. It replaces a file that is no copy or is damaged,
// since everything in it can be read again.
func Open(cfg Config) (*Copy, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := openStore(cfg.Path, cfg.Log)
	if err != nil {
		return nil, err
	}
	r := &Copy{cfg: cfg, store: s, done: make(chan struct{})}
	m, err := s.meta()
	if err != nil {
		_ = s.close()
		return nil, err
	}
	r.state = State{Complete: m.Complete, AsOf: m.AsOf}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() {
		defer close(r.done)
		r.run(ctx)
	}()
	return r, nil
}

// Close stops following and closes the copy.
func (r *Copy) Close() error {
	r.stop()
	<-r.done
	return r.store.close()
}

// State returns the copy's present state.
func (r *Copy) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

func (r *Copy) change(f func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.state)
}

// StaleError reports that a document is not in the copy, and that the database cannot be asked for a newer one.
type StaleError struct {
	State State
	Age   time.Duration // of the copy
	Cause error         // why the database cannot be asked
}

// Error returns how old the copy is and why the database does not answer.
func (e *StaleError) Error() string {
	if !e.State.Complete {
		return fmt.Sprintf("there is no whole copy of the documents here yet, and the database does not answer: %v", e.Cause)
	}
	return fmt.Sprintf("it is not in the copy here, which is %s old, and the database does not answer: %v",
		e.Age.Round(time.Second), e.Cause)
}

// Unwrap returns the cause.
func (e *StaleError) Unwrap() error { return e.Cause }

// Get reads a document from the copy. If it is not there, Get asks the database, for as long as ctx allows, since the
// document may be newer than the copy. It returns nil if there is no such document or Keep rejects it, and a
// *StaleError if that cannot be known.
func (r *Copy) Get(ctx context.Context, id string) (json.RawMessage, error) {
	raw, known, err := r.store.get(id)
	if err != nil || known {
		return raw, err
	}
	return r.ask(ctx, id)
}

// Newest asks the database first and falls back to the copy if the database does not answer. It is for a client that
// has just changed the document, not for calls.
func (r *Copy) Newest(ctx context.Context, id string) (json.RawMessage, error) {
	raw, err := r.ask(ctx, id)
	if err == nil {
		return raw, nil
	}
	old, known, storeErr := r.store.get(id)
	if storeErr != nil || known {
		return old, storeErr
	}
	return nil, err
}

// ask reads one document from the database.
func (r *Copy) ask(ctx context.Context, id string) (json.RawMessage, error) {
	db, err := r.cfg.Database()
	if err == nil {
		var raw json.RawMessage
		raw, err = db.GetRaw(ctx, id)
		switch {
		case errors.Is(err, datastore.ErrNotFound):
			return nil, nil
		case err == nil:
			return raw, nil
		}
	}
	s := r.State()
	return nil, &StaleError{State: s, Age: s.Age(r.cfg.Now()), Cause: err}
}
