package storageplan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/auth"
	"callfn/internal/datastore"
)

// Config configures a Resolver.
type Config struct {
	// Main is the connection Local. It must have system_data.
	Main datastore.Single
	// Functions is the connection Flagged, or nil.
	Functions *datastore.Single
	// Secret opens the passwords in the stored plan.
	Secret auth.Secret
	// OnOutage returns datastore.Config.OnOutage for a connection of the plan; nil for none.
	OnOutage func(connection string) func(down bool, cause error)
	// OnPartial returns datastore.Config.OnPartial for a connection; nil for none.
	OnPartial func(connection string) func()
	// OnWrite returns datastore.Config.OnWrite for a connection; nil for none.
	OnWrite func(connection string) func(failed error)
	// Direct is set if functions run without the connections' shows. The connections then need not be able to run
	// functions.
	Direct bool
	Log    *slog.Logger
}

// Resolver is the storage plan in force. It implements datastore.Resolver and is safe for concurrent use. Resolve takes
// no lock and sends nothing.
type Resolver struct {
	cfg     Config
	pools   *pools
	current atomic.Pointer[snapshot]

	mu         sync.Mutex // held while the next snapshot is made
	document   datastore.Document
	stored     stored // decoded document
	storedErr  error  // why the document could not be decoded
	migrations map[string]datastore.Document
	changed    chan struct{} // closed when a new snapshot is in force, and replaced

	stop context.CancelFunc
	done chan struct{}
}

// Home is where a database is.
type Home struct {
	Connection Tag
	Fenced     bool // takes no writes now: wait for Changed
}

// snapshot is a Resolver's state at one moment. It is replaced, never changed.
type snapshot struct {
	plan  Plan // the stored plan merged over the default one
	homes map[string]Home
	// recorded is where databases are, apart from migrations.
	recorded map[string]Tag
	opened   map[Tag]datastore.Single
	failed   map[Tag]error // why a connection of the plan is not open
}

// Open reads the stored plan and the migrations, opens the plan's connections (which sends nothing) and follows both
// until Close. It returns an error if reading fails. A connection that cannot be opened gives an error only to callers
// of Resolve that need it.
func Open(ctx context.Context, cfg Config) (*Resolver, error) {
	r := &Resolver{
		cfg: cfg, migrations: map[string]datastore.Document{}, changed: make(chan struct{}),
		done: make(chan struct{}),
	}
	r.pools = newPools(cfg.Main, func(tag Tag, s Settings) (*datastore.Connection, error) {
		kept := datastore.Config{Breaker: true}
		if cfg.OnOutage != nil {
			kept.OnOutage = cfg.OnOutage(string(tag))
		}
		if cfg.OnPartial != nil {
			kept.OnPartial = cfg.OnPartial(string(tag))
		}
		if cfg.OnWrite != nil {
			kept.OnWrite = cfg.OnWrite(string(tag))
		}
		return open(tag, s, kept)
	}, cfg.Log)
	since, err := r.read(ctx, "")
	if err != nil {
		r.pools.close()
		return nil, err
	}
	watching, stop := context.WithCancel(context.Background())
	r.stop = stop
	go r.watch(watching, since)
	return r, nil
}

// Close stops following and closes the plan's connections. It leaves Main and Functions to the caller.
func (r *Resolver) Close() {
	r.stop()
	<-r.done
	r.pools.close()
}

// Resolve implements datastore.Resolver.
func (r *Resolver) Resolve(database, docType string) (*datastore.Database, error) {
	s := r.current.Load()
	home, known := s.homes[database]
	if !known {
		home = Home{Connection: Resolve(s.plan, database, docType)}
	}
	on, err := s.connection(home.Connection)
	if err != nil {
		return nil, &datastore.Error{Op: "resolve", Subject: database, Kind: datastore.ErrUnreachable, Cause: err}
	}
	db, err := on.Resolve(database, docType)
	if err != nil || !known {
		return db, err
	}
	return r.following(db, database, docType), nil
}

// Home returns where a database is: where its unfinished migration has it, else where it was recorded last.
func (r *Resolver) Home(database string) Home { return r.current.Load().homes[database] }

// Plan returns the plan in force: the stored one merged over the default one. It includes passwords.
func (r *Resolver) Plan() Plan { return r.current.Load().plan }

// Connection returns an open connection of the plan in force. When its settings are edited, it is closed after the
// requests under way. Callers therefore ask anew for every piece of work.
func (r *Resolver) Connection(tag Tag) (datastore.Single, error) {
	return r.current.Load().connection(tag)
}

func (s *snapshot) connection(tag Tag) (datastore.Single, error) {
	if on, ok := s.opened[tag]; ok {
		return on, nil
	}
	if err := s.failed[tag]; err != nil {
		return datastore.Single{}, err
	}
	if tag == Flagged {
		return datastore.Single{}, errors.New("documents are on the connection of --functions-couchdb-url, and serve was " +
			"started without: start it with that flag, or move them first")
	}
	return datastore.Single{}, fmt.Errorf("the storage plan has no connection %s", tag)
}

// Changed is closed when the next plan, home or migration state is in force. Take it before looking at these:
//
//	for changed := r.Changed(); r.Home(database).Fenced; changed = r.Changed() {
//		select { case <-changed: case <-ctx.Done(): … }
//	}
func (r *Resolver) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// unfinished returns the migrations under way, by database.
func (r *Resolver) unfinished() map[string]Migration {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]Migration{}
	for _, doc := range r.migrations {
		if m, err := ReadMigration(doc); err == nil && m.Unfinished() {
			out[m.Database] = m
		}
	}
	return out
}

// publish makes the next snapshot and puts it into force. The caller holds the lock.
func (r *Resolver) publish() error {
	if r.storedErr != nil {
		return r.storedErr
	}
	stored := r.stored
	s := &snapshot{
		plan: stored.plan.Over(Default(r.cfg.Functions != nil)), homes: map[string]Home{},
		recorded: map[string]Tag{},
	}
	wanted := map[Tag]Connection{}
	for _, connections := range []map[Tag]Connection{stored.retained, s.plan.Connections} {
		for tag, c := range connections {
			if tag != Local && tag != Flagged && stored.locked[tag] == nil {
				wanted[tag] = c
			}
		}
	}
	s.opened, s.failed = r.pools.follow(wanted)
	maps.Copy(s.failed, stored.locked)
	s.opened[Local] = r.cfg.Main
	if r.cfg.Functions != nil {
		s.opened[Flagged] = *r.cfg.Functions
	}
	r.findHomes(s)
	for tag, err := range s.failed {
		r.cfg.Log.Error("cannot open a connection of the storage plan", "connection", tag, "error", err)
	}
	r.current.Store(s)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

// findHomes finds where databases are: where their migration has them, else where they were recorded, else where the
// plan wants them.
func (r *Resolver) findHomes(s *snapshot) {
	for _, database := range datastore.Databases() {
		home, recorded := r.stored.homes[database]
		switch {
		case recorded:
		case slices.Contains(movable(), database):
			home = Resolve(s.plan, database, "")
		default:
			home = Local // whatever a plan from elsewhere says
		}
		s.homes[database], s.recorded[database] = Home{Connection: home}, home
	}
	for id, doc := range r.migrations {
		m, err := ReadMigration(doc)
		if err != nil {
			r.cfg.Log.Error("cannot read a migration's document", "migration", id, "error", err)
			continue
		}
		switch m.State {
		case Copying, Fenced:
			s.homes[m.Database] = Home{Connection: m.From, Fenced: m.State == Fenced}
		case Switched:
			s.homes[m.Database] = Home{Connection: m.To}
		}
	}
}

// watch follows system_data. It continues a broken feed where it ended. Each cycle also ends by itself, in case the
// connection has died unnoticed.
func (r *Resolver) watch(ctx context.Context, since string) {
	defer close(r.done)
	logged := false
	for ctx.Err() == nil {
		next, err := r.follow(ctx, since)
		since = next
		if err != nil && ctx.Err() == nil {
			if !logged {
				r.cfg.Log.Warn("cannot follow the storage plan, keeping the last one", "error", err)
				logged = true
			}
			select {
			case <-ctx.Done():
			case <-time.After(followAgain):
			}
			continue
		}
		logged = false
	}
}

const (
	followAgain = 250 * time.Millisecond
	followCycle = 30 * time.Second
)
