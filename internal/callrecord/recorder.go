package callrecord

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/calls"
	"callfn/internal/datastore"
)

// Config is what a Recorder needs. The first block is required; a zero field of the second means its default.
type Config struct {
	Datastores datastore.Resolver
	Random     io.Reader
	Now        func() time.Time
	Log        *slog.Logger

	Keep       time.Duration // how long records are kept; DefaultKeep
	Buffer     int           // records that may wait to be written; 1,024
	FlushEvery time.Duration // how long a record may wait; 500 ms
	SweepEvery time.Duration // how often databases of old months are looked for; an hour
}

// Recorder is a calls.Observer that keeps records. Close it to have the last ones written.
type Recorder struct {
	cfg    Config
	queue  chan calls.Record
	stop   chan struct{}
	done   chan struct{}
	closed atomic.Bool
	once   sync.Once // closes stop

	written, dropped, lost atomic.Uint64

	ready   map[string]bool // months whose database is there; the writer's alone
	waiting []attempt       // records that were not taken; the writer's alone
}

var _ calls.Observer = (*Recorder)(nil)

// New starts a Recorder.
func New(cfg Config) *Recorder {
	if cfg.Keep <= 0 {
		cfg.Keep = DefaultKeep
	}
	if cfg.Buffer <= 0 {
		cfg.Buffer = 1024
	}
	if cfg.FlushEvery <= 0 {
		cfg.FlushEvery = 500 * time.Millisecond
	}
	if cfg.SweepEvery <= 0 {
		cfg.SweepEvery = time.Hour
	}
	r := &Recorder{
		cfg: cfg, queue: make(chan calls.Record, cfg.Buffer), stop: make(chan struct{}), done: make(chan struct{}),
		ready: map[string]bool{},
	}
	go r.run()
	return r
}

// CallEnded takes a record over. It never waits: what finds no room is dropped and counted. Calls that reached no
// account leave no record.
func (r *Recorder) CallEnded(record calls.Record) {
	if record.Account == "" {
		return
	}
	if r.closed.Load() {
		r.dropped.Add(1)
		return
	}
	select {
	case r.queue <- record:
	default:
		r.dropped.Add(1)
	}
}

// Stats counts records: written, dropped for want of room, lost because the datastore did not take them, however often
// it was asked.
type Stats struct{ Written, Dropped, Lost uint64 }

// Stats are the counts since the start.
func (r *Recorder) Stats() Stats {
	return Stats{Written: r.written.Load(), Dropped: r.dropped.Load(), Lost: r.lost.Load()}
}

// Close has what waits written, at most until ctx ends, and stops.
func (r *Recorder) Close(ctx context.Context) {
	r.closed.Store(true)
	r.once.Do(func() { close(r.stop) })
	select {
	case <-r.done:
	case <-ctx.Done():
	}
}

// run is the goroutine that writes and sweeps.
func (r *Recorder) run() {
	defer close(r.done)
	flush, sweep := time.NewTicker(r.cfg.FlushEvery), time.NewTicker(r.cfg.SweepEvery)
	defer flush.Stop()
	defer sweep.Stop()
	r.sweep()
	for {
		select {
		case <-flush.C:
			r.retry(false)
			r.flush()
		case <-sweep.C:
			r.sweep()
		case <-r.stop:
			r.flush()
			r.retry(true)
			return
		}
	}
}

const (
	writeWithin = 10 * time.Second // bounds the requests of one batch
	batch       = 100              // records of one request
)

// flush writes what waits.
func (r *Recorder) flush() {
	for {
		byMonth := map[string][]attempt{}
		n := 0
	gather:
		for n < batch {
			select {
			case record := <-r.queue:
				random, err := datastore.NewID(r.cfg.Random)
				if err != nil {
					r.lose(1, err)
					continue
				}
				month := Database(record.Began)
				doc := document(newID(record.Began, random), record)
				byMonth[month] = append(byMonth[month], attempt{month: month, doc: doc})
				n++
			default:
				break gather
			}
		}
		if n == 0 {
			return
		}
		for _, records := range byMonth {
			r.write(records, false)
		}
	}
}
