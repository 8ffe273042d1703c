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

// Places is the mover's view of the storage plan in force: storageplan.Resolver.
type Places interface {
	Connection(tag storageplan.Tag) (datastore.Single, error)
	Changed() <-chan struct{}
	Take(saved datastore.Document)
	Settle(ctx context.Context, database string, home storageplan.Tag) error
	Migrations() []storageplan.Migration // unfinished ones
}

// Config configures a Mover. Only Lease has a default.
type Config struct {
	Places Places
	// Journal is the system_data that has the moves' documents. It never moves itself.
	Journal *datastore.Database
	// Prepare creates a database on a connection, with its security and its design documents. It is called before anything
	// is copied there, and again before readers are sent there.
	Prepare func(ctx context.Context, on datastore.Single, at storageplan.Tag, database string) error
	// Holder names this process, in a lease and for people.
	Holder string
	Random io.Reader
	Now    func() time.Time
	Log    *slog.Logger
	// Alone is set if no other process can exist, because the datastore belongs to this one. No lease is then waited for.
	Alone bool
	// Lease is how long a process may be silent before another takes over its moves; 5 s when zero.
	Lease time.Duration
	// AtStep is for tests. It is called between any two steps. An error ends the work there, as if the process had died.
	AtStep func(step string) error
}

// Mover moves databases. Any number of processes may run one.
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

// New returns a Mover that continues every unfinished move without a process. Close ends it.
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

// Close stops the work. Another process, or the next start, continues the moves under way.
func (m *Mover) Close() {
	m.stop()
	m.jobs.Wait()
}

// watch works on every unfinished move, whenever something changes, and regularly, since a lease expires without a
// change.
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

// startJob works on a move in the background, unless this process does so already.
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
