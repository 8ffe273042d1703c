package mover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/storageplan"
)

// Places is what the mover needs of the storage plan in force: storageplan.Resolver.
type Places interface {
	Connection(tag storageplan.Tag) (datastore.Single, error)
	Changed() <-chan struct{}
	Take(saved datastore.Document)
	Settle(ctx context.Context, database string, home storageplan.Tag) error
	Migrations() []storageplan.Migration // unfinished ones
}

// Config is what a Mover needs. Only Lease has a default.
type Config struct {
	Places Places
	// Journal is system_data, where the moves' documents are. It never moves itself.
	Journal *datastore.Database
	// Prepare makes a connection hold a database, its security and its design documents. It is called before anything is
	// copied there, and again before readers are sent there.
	Prepare func(ctx context.Context, on datastore.Single, at storageplan.Tag, database string) error
	// Holder names this process, in a lease and for people.
	Holder string
	Random io.Reader
	Now    func() time.Time
	Log    *slog.Logger
	// Alone: there can be no other process, since the datastore is this one's. Then no lease is waited for.
	Alone bool
	// Lease is how long a process may be silent before another takes its moves over; 5 s when zero.
	Lease time.Duration
	// Stumble is for tests: called between any two steps; an error ends the work there and then, as if the process had
	// died.
	Stumble func(step string) error
}

// Mover moves databases. Any number of processes may have one.
type Mover struct {
	cfg  Config
	ctx  context.Context
	stop context.CancelFunc
	wake chan struct{}

	mu      sync.Mutex
	working map[string]bool
	jobs    sync.WaitGroup
}

var _ storageplan.Mover = (*Mover)(nil)

// New makes a Mover that goes on with every unfinished move that nobody works at. Close ends it.
func New(cfg Config) *Mover {
	if cfg.Lease <= 0 {
		cfg.Lease = 5 * time.Second
	}
	if cfg.Stumble == nil {
		cfg.Stumble = func(string) error { return nil }
	}
	m := &Mover{cfg: cfg, wake: make(chan struct{}, 1), working: map[string]bool{}}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.jobs.Add(1)
	go m.watch()
	return m
}

// Close stops working. Moves under way are taken up by the next process, or at the next start.
func (m *Mover) Close() {
	m.stop()
	m.jobs.Wait()
}

// watch works at every unfinished move: when something changes, and every now and then, since a lease runs out in
// silence.
func (m *Mover) watch() {
	defer m.jobs.Done()
	for m.ctx.Err() == nil {
		changed := m.cfg.Places.Changed()
		for _, known := range m.cfg.Places.Migrations() {
			m.workAt(known.ID)
		}
		pause := time.NewTimer(m.cfg.Lease / 3)
		select {
		case <-m.ctx.Done():
		case <-changed:
		case <-m.wake:
		case <-pause.C:
		}
		pause.Stop()
	}
}

// workAt works at a move in the background, unless this process does already.
func (m *Mover) workAt(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.working[id] || m.ctx.Err() != nil {
		return
	}
	m.working[id] = true
	m.jobs.Add(1)
	go func() {
		defer m.jobs.Done()
		again := m.work(id)
		m.mu.Lock()
		delete(m.working, id)
		m.mu.Unlock()
		if again {
			m.nudge()
		}
	}()
}

func (m *Mover) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Start implements storageplan.Mover.
func (m *Mover) Start(ctx context.Context, database string, from, to storageplan.Tag) (storageplan.Migration, error) {
	none := storageplan.Migration{}
	for _, known := range m.cfg.Places.Migrations() {
		if known.Database != database {
			continue
		}
		if known.To == to {
			return known, nil
		}
		return none, &storageplan.MovingError{Migration: known}
	}
	if err := m.Check(ctx, database, from); err != nil {
		return none, err
	}
	source, err := m.cfg.Places.Connection(from)
	if err != nil {
		return none, err
	}
	target, err := m.cfg.Places.Connection(to)
	if err != nil {
		return none, err
	}
	if err := apart(ctx, source, target); err != nil {
		return none, err
	}
	id, err := datastore.NewID(m.cfg.Random)
	if err != nil {
		return none, err
	}
	now := datastore.Gregorian(m.cfg.Now())
	mig := migration{
		Migration: storageplan.Migration{
			ID: idPrefix + id, Database: database, From: from, To: to,
			State: storageplan.Copying,
		},
		Type: storageplan.MigrationType, Created: now, Modified: now,
	}
	mig.Total = total(ctx, source, database)
	doc, err := mig.document()
	if err != nil {
		return none, err
	}
	saved, err := m.cfg.Journal.Create(ctx, doc)
	if err != nil {
		return none, err
	}
	m.cfg.Log.Info("move started", "migration", mig.ID, "database", database, "from", from, "to", to, "documents",
		mig.Total)
	m.cfg.Places.Take(saved)
	m.nudge()
	return mig.Migration, nil
}

// Check implements storageplan.Mover: only a database's administrators store design documents, and the fence is one.
func (m *Mover) Check(ctx context.Context, database string, from storageplan.Tag) error {
	on, err := m.cfg.Places.Connection(from)
	if err != nil {
		return err
	}
	rights, err := provision.Site{Stores: on, Databases: []string{database}}.Who(ctx)
	if err != nil || rights.DatabaseAdmin {
		return err
	}
	return &storageplan.FenceError{Database: database, User: rights.User, Address: on.Connection.Address()}
}

// total is about how many documents there are to copy.
func total(ctx context.Context, on datastore.Single, database string) int64 {
	db, err := on.Resolve(database, "")
	if err != nil {
		return 0
	}
	docs, deleted, err := db.Size(ctx)
	if err != nil {
		return 0 // it is only for people
	}
	return docs + deleted
}

// Get reads a move. ErrNotFound of datastore when there is no such move.
func (m *Mover) Get(ctx context.Context, id string) (Status, error) {
	mig, err := m.load(ctx, id)
	return mig.status(), err
}

func (m *Mover) load(ctx context.Context, id string) (migration, error) {
	doc, err := m.cfg.Journal.Get(ctx, id)
	if err != nil {
		return migration{}, err
	}
	if doc.Type() != storageplan.MigrationType {
		return migration{}, &datastore.Error{Op: "get", Subject: m.cfg.Journal.Name() + "/" + id, Kind: datastore.ErrNotFound}
	}
	return readMigration(doc)
}

// List reads every move there ever was, the latest first.
func (m *Mover) List(ctx context.Context) ([]Status, error) {
	rows, err := m.cfg.Journal.AllDocs(ctx, datastore.Query{IncludeDocs: true})
	if err != nil {
		return nil, err
	}
	var list []Status
	for _, row := range rows {
		if row.Doc.Type() != storageplan.MigrationType {
			continue
		}
		mig, err := readMigration(row.Doc)
		if err != nil {
			return nil, err
		}
		list = append(list, mig.status())
	}
	latestFirst(list)
	return list, nil
}

// StateError: a move is not at a point where it could do what it is asked.
type StateError struct {
	ID    string
	State storageplan.MigrationState
	Says  string
}

func (e *StateError) Error() string {
	return fmt.Sprintf("%s is %s: %s", e.ID, e.State, e.Says)
}

// Finish asks a move that has switched to be done with: its database is not gone back from any more. Idempotent;
// *StateError where it has not switched.
func (m *Mover) Finish(ctx context.Context, id string) (Status, error) {
	return m.want(ctx, id, finish, func(mig migration) (bool, error) {
		switch {
		case mig.State == storageplan.Finished:
			return false, nil
		case mig.State != storageplan.Switched || mig.Wanted == rollback:
			return false, &StateError{id, mig.State, "only a migration that has switched can be finished"}
		}
		return true, nil
	})
}

// Rollback asks a move to put everything back where it was. Of one that has switched, what was written since is copied
// back first. Idempotent; *StateError where it is finished.
func (m *Mover) Rollback(ctx context.Context, id string) (Status, error) {
	return m.want(ctx, id, rollback, func(mig migration) (bool, error) {
		if mig.State == storageplan.Switched && !mig.Returns && mig.Wanted != finish {
			if err := m.Check(ctx, mig.Database, mig.To); err != nil {
				return false, err
			}
		}
		switch {
		case mig.State == storageplan.RolledBack, mig.Returns:
			return false, nil
		case mig.State == storageplan.Finished || mig.Wanted == finish:
			return false, &StateError{id, mig.State, "it cannot be rolled back any more; move the database with a storage " +
				"plan that wants it elsewhere"}
		}
		return true, nil
	})
}

const wantAttempts = 20

func (m *Mover) want(ctx context.Context, id string, w wish, may func(migration) (bool, error)) (Status, error) {
	for attempt := 1; ; attempt++ {
		mig, err := m.load(ctx, id)
		if err != nil {
			return Status{}, err
		}
		if change, err := may(mig); err != nil || !change {
			return mig.status(), err
		}
		mig.Wanted = w
		doc, err := mig.document()
		if err != nil {
			return Status{}, err
		}
		saved, err := m.cfg.Journal.Save(ctx, doc)
		if err == nil {
			m.cfg.Places.Take(saved)
			m.nudge()
			return mig.status(), nil
		}
		if !errors.Is(err, datastore.ErrConflict) || attempt == wantAttempts {
			return Status{}, err
		}
	}
}
