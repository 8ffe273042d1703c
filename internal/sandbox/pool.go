package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/runs"
)

// The errors of a pool. Everything that user code can cause is an Answer, not an error.
var (
	ErrBusy   = errors.New("sandbox: all workers are busy and the queue is full")
	ErrClosed = errors.New("sandbox: the pool is closed")
)

// Config sizes a pool.
type Config struct {
	Command Command
	Workers int          // processes that run jobs; at least 1
	Spares  int          // extra processes, started and ready, that replace workers that die
	Queue   int          // jobs that may wait for a worker; beyond it Do returns ErrBusy at once
	Log     *slog.Logger // spawn failures and kills; nil for none
	// RequireConfinement refuses workers for which a restriction known to this package is not in force.
	RequireConfinement bool
}

// Pool runs jobs on a fixed number of worker processes and replaces those that die or are killed. It is safe for
// concurrent use.
type Pool struct {
	log     *slog.Logger
	spawn   *spawner
	idle    chan *process
	waiting atomic.Int64
	queue   int64
	held    Confinement
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup // running and starting processes

	mu      sync.Mutex
	closed  bool
	spares  []*process
	vacancy []chan struct{} // places of workers without a process, in the order in which they get one; closed then
}

// NewPool starts the workers and returns once the first is running. It returns an error if the binary cannot be
// started.
func NewPool(c Config) (*Pool, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	workers, spares := max(c.Workers, 1), max(c.Spares, 0)
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{
		log: c.Log, spawn: newSpawner(c.Command), idle: make(chan *process, workers),
		queue: int64(workers + c.Queue), ctx: ctx, cancel: cancel,
	}
	first, err := p.spawn.start()
	if err == nil && c.RequireConfinement && !first.held.Full() {
		first.stop()
		err = fmt.Errorf("sandbox: workers would run %s, and full confinement is required", first.held)
	}
	if err != nil {
		cancel()
		p.spawn.close()
		return nil, err
	}
	p.held = first.held
	p.wg.Add(workers + spares)
	p.idle <- first
	for range workers - 1 {
		p.fill()
	}
	for range spares {
		go p.start()
	}
	return p, nil
}

// Do runs one job. It waits for a free worker until ctx ends. The error is ErrBusy, ErrClosed, ErrKilled or ctx's; then
// only Replaced is valid in the answer. The answer's Outcome tells what the job's code did.
func (p *Pool) Do(ctx context.Context, j Job) (Answer, error) {
	if p.waiting.Add(1) > p.queue {
		p.waiting.Add(-1)
		return Answer{}, ErrBusy
	}
	defer p.waiting.Add(-1)
	var w *process
	select {
	case w = <-p.idle:
	default:
		select {
		case w = <-p.idle:
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		case <-p.ctx.Done():
			return Answer{}, ErrClosed
		}
	}
	a, next, err := w.do(ctx, j)
	if err == nil {
		if next == stepReady {
			p.giveBack(w)
		} else {
			go p.tidy(w, j.Run) // off the run's clock
		}
		return a, nil
	}
	a.Replaced = p.replace(w, "run", j.Run, "outcome", string(a.Outcome))
	if errors.Is(err, errSpent) {
		return a, nil
	}
	return Answer{Replaced: a.Replaced}, err
}

// tidy gives a worker back once it is ready for the next run. It replaces a worker for which cleaning up takes too
// long.
func (p *Pool) tidy(w *process, run runs.ID) {
	err := w.ready(runs.TidyWait)
	if err == nil {
		p.giveBack(w)
		return
	}
	p.replace(w, "run", run, "error", err)
}

// giveBack returns a healthy worker to the pool, or stops it if the pool was closed meanwhile.
func (p *Pool) giveBack(w *process) {
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle <- w // never blocks: the channel holds every worker
	}
	p.mu.Unlock()
	if closed {
		w.stop()
		p.wg.Done()
	}
}

// replace stops a worker, logs the reason, and starts another in its place. The channel is closed when there is one or
// the pool is closed.
func (p *Pool) replace(w *process, why ...any) <-chan struct{} {
	p.wg.Add(1) // for the ending process, whose place still counts too
	filled := p.fill()
	go func() {
		defer p.wg.Done()
		end := w.stop()
		p.log.Warn("replaced sandbox worker", append(why, "pid", w.cmd.Process.Pid, "end", end)...)
	}()
	return filled
}

// fill fills a worker's place with a spare, or with the next process that comes up. It starts a process in either case.
func (p *Pool) fill() <-chan struct{} {
	filled := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	switch last := len(p.spares) - 1; {
	case p.closed:
		close(filled)
	case last >= 0:
		p.idle <- p.spares[last] // never blocks: the channel holds every worker
		p.spares = p.spares[:last]
		close(filled)
	default:
		p.vacancy = append(p.vacancy, filled)
	}
	go p.start()
	return filled
}

// start starts a process for the place that has waited longest, or as a spare. It retries until it succeeds or the pool
// is closed.
func (p *Pool) start() {
	for wait := 10 * time.Millisecond; p.ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		w, err := p.spawn.start()
		if err == nil {
			p.take(w)
			return
		}
		p.log.Error("cannot start sandbox worker, retrying", "error", err, "in", wait)
		select {
		case <-time.After(wait):
		case <-p.ctx.Done():
		}
	}
	p.wg.Done()
}

// take gives a started process its place, or stops it if the pool was closed meanwhile.
func (p *Pool) take(w *process) {
	p.mu.Lock()
	closed := p.closed
	switch {
	case closed:
	case len(p.vacancy) > 0:
		p.idle <- w
		close(p.vacancy[0])
		p.vacancy = p.vacancy[1:]
	default:
		p.spares = append(p.spares, w)
	}
	p.mu.Unlock()
	if closed {
		w.stop()
		p.wg.Done()
	}
}

// Confinement returns the restrictions on the workers.
func (p *Pool) Confinement() Confinement { return p.held }

// Workers returns the number of free workers and of all the pool's workers.
func (p *Pool) Workers() (free, all int) { return len(p.idle), cap(p.idle) }

// Close stops every worker and returns when all are gone. Running jobs end as Crashed; waiting ones get ErrClosed.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	free, vacancy := p.spares, p.vacancy
	p.spares, p.vacancy = nil, nil
	for len(p.idle) > 0 { // nobody adds workers any more, but somebody may still take one
		select {
		case w := <-p.idle:
			free = append(free, w)
		default:
		}
	}
	p.mu.Unlock()
	p.cancel()
	for _, filled := range vacancy {
		close(filled)
	}
	for _, w := range free {
		w.stop()
		p.wg.Done()
	}
	p.wg.Wait()
	p.spawn.close()
}
