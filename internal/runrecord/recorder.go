package runrecord

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function"
)

// Recorder is a function.Observer that keeps records. Close writes the last ones.
type Recorder struct {
	cfg    Config
	queue  chan function.Ran
	held   atomic.Int64 // bytes in the queue
	closed atomic.Bool
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once // closes stop

	kept, dropped, lost, over atomic.Uint64

	// The fields below belong to the writing goroutine.
	latest   latest
	touched  map[runsOf]int  // runs written since the last trim
	accounts map[string]bool // accounts with records since the last sweep
}

// runsOf names one class of runs of a function.
type runsOf struct {
	account, function string
	class             class
}

func of(ran function.Ran) runsOf {
	return runsOf{string(ran.Account), string(ran.Function), classOf(ran)}
}

var _ function.Observer = (*Recorder)(nil)

// New starts a Recorder.
func New(cfg Config) *Recorder {
	r := &Recorder{
		cfg: cfg.withDefaults(), stop: make(chan struct{}), done: make(chan struct{}), touched: map[runsOf]int{},
		accounts: map[string]bool{},
		latest:   latest{keep: cfg.Keep, waiting: map[runsOf]*waiting{}},
	}
	r.queue = make(chan function.Ran, r.cfg.Buffer)
	go r.write()
	return r
}

// Ran queues a run. It never waits: without room, the run is dropped and counted.
func (r *Recorder) Ran(ran function.Ran) {
	if r.cfg.Keep.most(classOf(ran)) <= 0 {
		return
	}
	ran.Source, ran.Flow = "", nil // not kept
	n := weight(ran)
	if r.closed.Load() || r.held.Add(n) > r.cfg.BufferBytes {
		r.drop(n)
		return
	}
	select {
	case r.queue <- ran:
	default:
		r.drop(n)
	}
}

func (r *Recorder) drop(n int64) {
	r.held.Add(-n)
	r.dropped.Add(1)
}

// Stats counts records: written, dropped for lack of room, lost because the datastore did not store them, removed
// because their account had too many.
type Stats struct{ Written, Dropped, Lost, Over uint64 }

// Stats returns the counts since the start.
func (r *Recorder) Stats() Stats {
	return Stats{Written: r.kept.Load(), Dropped: r.dropped.Load(), Lost: r.lost.Load(), Over: r.over.Load()}
}

// Close writes the waiting records, at most until ctx ends, and stops.
func (r *Recorder) Close(ctx context.Context) {
	r.closed.Store(true)
	r.once.Do(func() { close(r.stop) })
	select {
	case <-r.done:
	case <-ctx.Done():
	}
}

// batchRuns is the most runs of a batch.
const batchRuns = 4000

// write is the goroutine that writes and sweeps.
func (r *Recorder) write() {
	defer close(r.done)
	flush, sweep := time.NewTicker(r.cfg.FlushEvery), time.NewTicker(r.cfg.SweepEvery)
	defer flush.Stop()
	defer sweep.Stop()
	var batch []function.Ran
	var told Stats
	for {
		select {
		case ran := <-r.queue:
			if batch = append(batch, ran); len(batch) < batchRuns {
				continue
			}
		case <-flush.C:
		case <-sweep.C:
			r.sweep()
			told = r.tell(told)
		case <-r.stop:
			for {
				select {
				case ran := <-r.queue:
					if batch = append(batch, ran); len(batch) >= batchRuns {
						batch = r.flush(batch, false)
					}
					continue
				default:
				}
				break
			}
			r.flush(batch, true)
			r.tell(told)
			return
		}
		batch = r.flush(batch, false)
	}
}

// tell logs what was dropped or lost since the last time.
func (r *Recorder) tell(told Stats) Stats {
	now := r.Stats()
	if now.Dropped != told.Dropped || now.Lost != told.Lost {
		r.cfg.Log.Warn("dropped run records", "dropped", now.Dropped-told.Dropped, "lost",
			now.Lost-told.Lost)
	}
	return now
}

// writeWithin bounds one request to the datastore.
const writeWithin = 10 * time.Second

// flush writes a batch and returns it empty. Runs of busy functions wait for a later one, unless everything is to be
// written.
func (r *Recorder) flush(batch []function.Ran, everything bool) []function.Ran {
	var docs []weighed
	write := func(ran function.Ran) {
		n := weight(ran)
		r.held.Add(-n)
		docs = append(docs, weighed{document(ran, r.cfg.Keep), n})
	}
	for _, ran := range batch {
		if old, replaced := r.latest.add(ran); replaced {
			r.held.Add(-weight(old))
		}
	}
	clear(batch)
	due := r.latest.due(r.cfg.Now(), everything || r.held.Load() > r.cfg.BufferBytes/4)
	for _, runs := range due {
		for _, ran := range runs {
			write(ran)
		}
	}
	for some := range requests(docs) {
		written, err := r.save(some)
		r.kept.Add(uint64(written))
		if lost := len(some) - written; lost > 0 {
			r.lost.Add(uint64(lost))
			r.cfg.Log.Error("cannot write run records", "records", lost, "error", err)
		}
	}
	for of, runs := range due {
		if len(r.touched) < mostTouched {
			r.touched[of] += len(runs)
			r.accounts[of.account] = true
		}
		if r.touched[of] >= max(r.cfg.Keep.most(of.class), 100) {
			r.trim(of)
		}
	}
	return batch[:0]
}

// save stores documents and returns how many were stored. An existing one was stored by an attempt whose answer was
// lost.
func (r *Recorder) save(docs []datastore.Document) (written int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	ctx, _ = datastore.ForRequest(ctx) // no call waits for records
	db, err := r.cfg.Datastores.Resolve(datastore.FunctionRuns, DocumentType)
	if err != nil {
		return 0, err
	}
	results, err := db.BulkSave(ctx, docs)
	if err != nil {
		return 0, err
	}
	for _, result := range results {
		if result.Err == nil {
			written++
		} else if err == nil {
			err = result.Err
		}
	}
	return written, err
}
