package mover

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"callfn/internal/datastore"
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
	// Alone: no other process can exist, since the datastore is this one's. Then no lease is waited for.
	Alone bool
	// Lease is how long a process may be silent before another takes over its moves; 5 s when zero.
	Lease time.Duration
	// AtStep is for tests: called between any two steps. An error ends the work there and then, as if the process had
	// died.
	AtStep func(step string) error
}

// Mover moves databases. Any number of processes may have one.
type Mover struct {
	cfg  Config
	ctx  context.Context
	stop context.CancelFunc
	wake chan struct{}

	mu      sync.Mutex
	working map[string]bool // by id of the move
	jobs    sync.WaitGroup
}

var _ storageplan.Mover = (*Mover)(nil)

// New makes a Mover that continues every unfinished move that no process works at. Close ends it.
func New(cfg Config) *Mover {
	if cfg.Lease <= 0 {
		cfg.Lease = 5 * time.Second
	}
	if cfg.AtStep == nil {
		cfg.AtStep = func(string) error { return nil }
	}
	m := &Mover{cfg: cfg, wake: make(chan struct{}, 1), working: map[string]bool{}}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.jobs.Add(1)
	go m.watch()
	return m
}

// Close stops working. The next process, or the next start, continues the moves under way.
func (m *Mover) Close() {
	m.stop()
	m.jobs.Wait()
}

// watch works at every unfinished move: when something changes, and regularly, since a lease expires in silence.
func (m *Mover) watch() {
	defer m.jobs.Done()
	for m.ctx.Err() == nil {
		changed := m.cfg.Places.Changed()
		for _, known := range m.cfg.Places.Migrations() {
			m.startJob(known.ID)
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

// startJob works at a move in the background, unless this process does already.
func (m *Mover) startJob(id string) {
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
			m.wakeUp()
		}
	}()
}

// wakeUp makes watch look for work now.
func (m *Mover) wakeUp() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}
