package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// The errors of a pool. Everything that user code can cause is an Answer, not an error.
var (
	ErrBusy   = errors.New("sandbox: all workers are busy and the queue is full")
	ErrClosed = errors.New("sandbox: the pool is closed")
)

// Config sizes a pool.
type Config struct {
	Command Command
	Workers int          // processes kept; at least 1
	Queue   int          // jobs that may wait for a worker; beyond it Do answers ErrBusy at once
	Log     *slog.Logger // spawn failures and kills; nil for none
	// RequireConfinement refuses workers that the kernel does not hold in by every means this package knows.
	RequireConfinement bool
}

// Pool runs jobs on a fixed number of worker processes and replaces the ones that die or are killed. Safe for concurrent use.
type Pool struct {
	log     *slog.Logger
	spawn   *spawner
	idle    chan *process
	waiting atomic.Int64
	queue   int64
	held    Confinement
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup // workers alive or being replaced
	mu      sync.Mutex
	closed  bool
}

// NewPool starts the workers and returns once the first is running; a binary that cannot be started is an error here.
func NewPool(c Config) (*Pool, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	workers := max(c.Workers, 1)
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
	p.wg.Add(workers)
	p.idle <- first
	for range workers - 1 {
		go p.replace()
	}
	return p, nil
}

// Do runs one job. It waits for a free worker until ctx ends. The error is ErrBusy, ErrClosed or ctx's, and then nothing of the
// answer counts but Replaced; whatever the job's code did is told by the answer's Status.
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
	a, then, err := w.do(ctx, j)
	if err == nil {
		if then == takesMore {
			p.giveBack(w)
		} else {
			go p.tidy(w, j.Run) // off the run's clock
		}
		return a, nil
	}
	replaced := make(chan struct{})
	a.Replaced = replaced
	go func() {
		defer close(replaced)
		end := w.stop()
		p.log.Warn("sandbox worker replaced", "run", j.Run, "status", string(a.Status), "pid", w.cmd.Process.Pid, "end", end)
		p.replace()
	}()
	if errors.Is(err, errSpent) {
		return a, nil
	}
	return Answer{Replaced: replaced}, err
}

// tidy gives a worker back once it is ready for the next run, or replaces it when what this run left is too much.
func (p *Pool) tidy(w *process, run string) {
	err := w.ready(tidyWithin)
	if err == nil {
		p.giveBack(w)
		return
	}
	end := w.stop()
	p.log.Warn("sandbox worker replaced", "run", run, "error", err, "pid", w.cmd.Process.Pid, "end", end)
	p.replace()
}

// giveBack returns a healthy worker, or stops it when the pool has been closed meanwhile.
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

// replace starts a worker in the place of one that is gone, for as long as it takes.
func (p *Pool) replace() {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		w, err := p.spawn.start()
		if err == nil {
			p.giveBack(w)
			return
		}
		if p.ctx.Err() != nil {
			p.wg.Done()
			return
		}
		p.log.Error("sandbox worker cannot be started; trying again", "error", err, "in", wait)
		select {
		case <-time.After(wait):
		case <-p.ctx.Done():
		}
	}
}

// Confinement says what holds the workers in.
func (p *Pool) Confinement() Confinement { return p.held }

// Workers counts the workers that are free right now and all that the pool keeps.
func (p *Pool) Workers() (free, all int) { return len(p.idle), cap(p.idle) }

// Close stops every worker and returns when all are gone. Jobs under way end as Crashed; waiting ones get ErrClosed.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	for range cap(p.idle) {
		select {
		case w := <-p.idle:
			w.stop()
			p.wg.Done()
			continue
		default:
		}
		break
	}
	p.wg.Wait()
	p.spawn.close()
}
