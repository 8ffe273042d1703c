package runrecord

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function"
)

// Recorder is a function.Observer that keeps records. Close it to have the last ones written.
type Recorder struct {
	cfg    Config
	queue  chan function.Ran
	held   atomic.Int64 // bytes in queue
	closed atomic.Bool
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once // closes stop

	kept, dropped, lost atomic.Uint64

	// The writer's alone.
	successes successes
	touched   map[ofFunction]int // successes written since the last trim
}

// ofFunction names a function of an account.
type ofFunction struct{ account, function string }

var _ function.Observer = (*Recorder)(nil)

// New starts a Recorder.
func New(cfg Config) *Recorder {
	r := &Recorder{
		cfg: cfg.withDefaults(), stop: make(chan struct{}), done: make(chan struct{}), touched: map[ofFunction]int{},
		successes: successes{keep: cfg.Keep.Successes, waiting: map[ofFunction]*waiting{}},
	}
	r.queue = make(chan function.Ran, r.cfg.Buffer)
	go r.write()
	return r
}

// Ran takes a run over. It never waits: what finds no room is dropped and counted.
func (r *Recorder) Ran(ran function.Ran) {
	if ran.Outcome == function.OK && r.cfg.Keep.Successes <= 0 || ran.Outcome != function.OK && !r.cfg.Keep.Failures {
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

// Stats counts records: written, dropped for want of room, lost because the datastore did not take them.
type Stats struct{ Written, Dropped, Lost uint64 }

// Stats are the counts since the start.
func (r *Recorder) Stats() Stats {
	return Stats{Written: r.kept.Load(), Dropped: r.dropped.Load(), Lost: r.lost.Load()}
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

// Bounds of a batch: how many runs it takes together, and how many refusals of a function. Those come with an overload, by the thousand, which
// must not be spent on writing down that there is one: only the latest of a batch are written, the others counted as dropped.
const (
	batchRuns     = 4000
	batchRefusals = 20
)

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
		r.cfg.Log.Warn("records of function runs were not kept", "dropped", now.Dropped-told.Dropped, "lost", now.Lost-told.Lost)
	}
	return now
}

// writeWithin bounds one request to the datastore.
const writeWithin = 10 * time.Second

// flush writes a batch and returns it empty. Successes of busy functions wait for a later one, unless everything is to be written.
func (r *Recorder) flush(batch []function.Ran, everything bool) []function.Ran {
	var docs []weighed
	write := func(ran function.Ran) {
		n := weight(ran)
		r.held.Add(-n)
		docs = append(docs, weighed{document(ran, r.cfg.Keep), n})
	}
	refusals := map[ofFunction]int{}
	for i := len(batch) - 1; i >= 0; i-- { // the newest first
		switch ran := batch[i]; {
		case ran.Outcome == function.OK:
		case ran.Outcome != function.Refused:
			write(ran)
		default:
			of := ofFunction{string(ran.Account), string(ran.Function)}
			if refusals[of]++; refusals[of] <= batchRefusals {
				write(ran)
				continue
			}
			r.held.Add(-weight(ran))
			r.dropped.Add(1)
		}
	}
	for _, ran := range batch {
		if ran.Outcome == function.OK {
			if old, replaced := r.successes.add(ran); replaced {
				r.held.Add(-weight(old))
			}
		}
	}
	clear(batch)
	due := r.successes.due(r.cfg.Now(), everything || r.held.Load() > r.cfg.BufferBytes/4)
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
			r.cfg.Log.Error("records of function runs were not written", "records", lost, "error", err)
		}
	}
	for of, runs := range due {
		if len(r.touched) < mostTouched {
			r.touched[of] += len(runs)
		}
		if r.touched[of] >= max(r.cfg.Keep.Successes, 100) {
			r.trim(of)
		}
	}
	return batch[:0]
}

// save stores documents and tells how many were taken. One that is there already was written by an attempt whose answer got
// lost.
func (r *Recorder) save(docs []datastore.Document) (written int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	ctx, _ = datastore.ForRequest(ctx) // nobody waits for records
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
