// Package localcopy keeps, on this machine's disk, a copy of some documents of one database, current from the
// database's changes feed. Whoever needs the documents for every call reads the copy: that costs no request, and goes
// on working, with the age of the copy known, while the database cannot be reached, also after a restart meanwhile.
//
// The copy is a bbolt file and not a map: 100,000 functions of up to 64 KiB are 6 GB, of which the kernel keeps in
// memory what is used and there is room for. On the heap there is the batch under way (at most 8 MiB, or one document),
// and during a check the ids and revisions of the database (about 10 MB for 100,000 documents).
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

// Config wires a Copy. The first block is required.
type Config struct {
	Name string // of what is copied, for people: "functions"
	Path string // of the copy; made with mode 0600
	// what is copied; asked about once a second, since a storage plan may move it
	Database func() (*datastore.Database, error)
	Keep     func(datastore.Document) bool // which documents are held; of others only the revision is
	Now      func() time.Time

	Log *slog.Logger // nil for none
}

// Copy is such a copy. It is safe for concurrent use.
type Copy struct {
	cfg   Config
	store *store
	stop  context.CancelFunc
	done  chan struct{}

	mu    sync.Mutex
	state State
}

// State says how good the copy is.
type State struct {
	Complete  bool      // there is a whole copy, of whatever age
	Following bool      // changes arrive as they happen
	AsOf      time.Time // everything that the database had to tell by then is in the copy; zero for never
	Cause     error     // why changes do not arrive, where they do not
}

// Age is how old the copy is at most.
func (s State) Age(now time.Time) time.Duration { return now.Sub(s.AsOf) }

// Open opens the copy, or makes an empty one, and begins to follow the database. A file that is no copy, or is damaged,
// is made anew: everything in it can be had again.
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

// State is the copy's now.
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

// StaleError says that a document is not in the copy, and that the database cannot be asked whether it has it since.
type StaleError struct {
	State State
	Age   time.Duration // of the copy
	Cause error         // why the database cannot be asked
}

// Error tells whoever operates the service how old the copy is.
func (e *StaleError) Error() string {
	if !e.State.Complete {
		return fmt.Sprintf("there is no whole copy of the documents here yet, and the database does not answer: %v", e.Cause)
	}
	return fmt.Sprintf("it is not in the copy here, which is %s old, and the database does not answer: %v",
		e.Age.Round(time.Second), e.Cause)
}

// Unwrap gives the cause.
func (e *StaleError) Unwrap() error { return e.Cause }

// Get reads a document from the copy. One that is not there is asked for at the database, at most as long as ctx
// allows: it may be newer than the copy. nil where there is none, or none that is held; *StaleError where that cannot
// be known.
func (r *Copy) Get(ctx context.Context, id string) (json.RawMessage, error) {
	raw, known, err := r.store.get(id)
	if err != nil || known {
		return raw, err
	}
	return r.ask(ctx, id)
}

// Newest asks the database first, and falls back to the copy where that does not answer: for whoever has just changed
// the document and is not on the phone.
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
