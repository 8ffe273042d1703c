// Package queryclient is CouchDB's side of the query server protocol (docs/reference/couchdb.md#query-server-protocol).
// It owns query server processes, such as a stock couchjs, and runs shows in them. A show has a deadline; a process
// that misses it is killed and replaced.
//
// A stock couchjs keeps one global object for everything that it runs. Unlike CouchDB, the pool therefore never gives a
// process that has run one owner's functions to another owner.
package queryclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"callfn/internal/subprocess"
)

// Config sizes a pool. The first block is required.
type Config struct {
	Command string          // starts a query server; /bin/sh splits it into words, as it does for CouchDB
	Design  json.RawMessage // the design document with the shows, as stored
	ID      string          // of the design document: "_design/functions"

	// Warm names a show that a new process runs once, without a document, so that compiling it counts towards nobody's
	// deadline. (couchjs rewrites its source, which takes longer than most functions.) "" for none.
	Warm string

	Processes int    // processes that may run shows at once; at least 1. One more is kept ready
	MaxAnswer int    // bytes of the longest line that a process may answer; 1 MiB when zero
	Memory    uint64 // bytes that a process may allocate, on Linux; 0 for no limit
	Log       *slog.Logger
}

// The errors of a show. Any other error of Show means that nothing can run now.
var (
	ErrTimeout  = errors.New("the show did not answer within its deadline")
	ErrTooLarge = errors.New("the show answered more than is read")
	ErrClosed   = errors.New("the pool of query servers is closed")
)

// DiedError reports a process that ended during a show.
type DiedError struct{ End string }

func (e *DiedError) Error() string { return "the query server process died under the show: " + e.End }

// FromOutside reports whether something outside ended the process, such as an administrator or a machine out of memory.
// The show is then not to blame.
func (e *DiedError) FromOutside() bool {
	return strings.HasPrefix(e.End, "signal: killed") || strings.HasPrefix(e.End, "signal: terminated")
}

// RaisedError is an error that a show or the query server reported: ["error", Word, Reason].
type RaisedError struct{ Word, Reason string }

func (e *RaisedError) Error() string { return e.Word + ": " + e.Reason }

// Pool runs shows in query server processes. It is safe for concurrent use.
type Pool struct {
	cfg    Config
	hello  []byte // the line that gives a process the design document
	thread *subprocess.Thread
	slots  chan struct{}
	over   chan struct{} // closed by Close

	mu      sync.Mutex
	idle    []*process // longest idle first
	running int        // processes that run or start
	warming bool
	closed  bool
	wg      sync.WaitGroup
}

// New returns a pool after starting a first process, which proves that the command starts a query server.
func New(cfg Config) (*Pool, error) {
	cfg.Processes = max(cfg.Processes, 1)
	if cfg.MaxAnswer <= 0 {
		cfg.MaxAnswer = 1 << 20
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	hello, err := line("ddoc", "new", cfg.ID, cfg.Design)
	if err != nil {
		return nil, fmt.Errorf("queryclient: %w", err)
	}
	p := &Pool{
		cfg: cfg, hello: hello, thread: subprocess.NewThread(), slots: make(chan struct{}, cfg.Processes),
		over: make(chan struct{}),
	}
	first, err := p.start()
	if err != nil {
		p.thread.Close()
		return nil, err
	}
	p.idle = append(p.idle, first)
	return p, nil
}

// Show is one run of a show function for an owner.
type Show struct {
	Owner    string // owner of the functions, whose process no other owner shares; not ""
	Name     string // "wh"
	Doc, Req json.RawMessage
	Deadline time.Duration
}

// Answer is a show's response object and its log lines.
type Answer struct {
	Response json.RawMessage
	Logs     []string
}

// Show runs a show. It waits until ctx ends for a free or a new process. The deadline begins once there is one.
func (p *Pool) Show(ctx context.Context, s Show) (Answer, error) {
	if s.Owner == "" {
		return Answer{}, errors.New("queryclient: a show of nobody's")
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-p.over:
		return Answer{}, ErrClosed
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	w, err := p.take(ctx, s.Owner)
	if err != nil {
		return Answer{}, err
	}
	if err := w.reset(ctx); err != nil { // what an earlier run left makes the process useless: once more with a new one
		p.drop(w, err)
		if w, err = p.take(ctx, ""); err != nil {
			return Answer{}, err
		}
		if err := w.reset(ctx); err != nil {
			p.drop(w, err)
			return Answer{}, err
		}
	}
	w.owner = s.Owner
	a, err := w.show(ctx, p.cfg.ID, s)
	if err != nil {
		end := p.drop(w, err)
		if errors.Is(err, errEnded) {
			err = &DiedError{end}
		}
		return Answer{}, err
	}
	if w.spoke() { // more than one answer: the next one could be anybody's
		p.drop(w, errors.New("it answered more than it was asked"))
		return a, nil
	}
	p.giveBack(w)
	return a, nil
}

// take returns a process of the owner's, or one that has run nothing yet.
func (p *Pool) take(ctx context.Context, owner string) (*process, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	p.running++
	best := -1
	for i, w := range p.idle {
		if w.owner == owner || w.owner == "" && best < 0 {
			best = i
		}
	}
	if best >= 0 {
		w := p.idle[best]
		p.idle = append(p.idle[:best], p.idle[best+1:]...)
		p.warm()
		p.mu.Unlock()
		return w, nil
	}
	excess := p.trim()
	p.wg.Add(1)
	p.mu.Unlock()
	go func() { // callers need not wait for the end of these processes
		defer p.wg.Done()
		stopAll(excess)
	}()
	return p.startFor(ctx)
}

// startFor starts a process for a caller who waits until ctx ends. If the caller leaves first, the process goes to the
// next.
func (p *Pool) startFor(ctx context.Context) (*process, error) {
	type started struct {
		w   *process
		err error
	}
	done := make(chan started) // unbuffered: either the caller takes the process, or nobody waits any more
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		w, err := p.start()
		if err != nil {
			p.mu.Lock()
			p.running--
			p.mu.Unlock()
		}
		select {
		case done <- started{w, err}:
		case <-ctx.Done():
			if err == nil {
				p.giveBack(w)
			}
		}
	}()
	select {
	case s := <-done:
		return s.w, s.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func stopAll(processes []*process) {
	for _, w := range processes {
		w.stop()
	}
}

// giveBack keeps a process for its owner's next run.
func (p *Pool) giveBack(w *process) {
	p.mu.Lock()
	p.running--
	p.idle = append(p.idle, w)
	excess := p.trim()
	p.mu.Unlock()
	stopAll(excess)
}

// trim removes from idle what exceeds the pool's size, longest idle first. When the pool is closed it removes all.
func (p *Pool) trim() (excess []*process) {
	for len(p.idle) > 0 && (p.closed || len(p.idle)+p.running > p.cfg.Processes+1) {
		excess = append(excess, p.idle[0])
		p.idle = p.idle[1:]
	}
	return excess
}

// drop ends a process that is no longer usable, and returns how it ended.
func (p *Pool) drop(w *process, why error) (end string) {
	end = w.stop()
	p.cfg.Log.Warn("query server process replaced", "pid", w.cmd.Process.Pid, "error", why, "end", end)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	p.warm()
	return end
}

// warm starts a new process in the background if none is ready, so that the next owner need not wait for one. The
// caller holds the lock.
func (p *Pool) warm() {
	if p.closed || p.warming {
		return
	}
	for _, w := range p.idle {
		if w.owner == "" {
			return
		}
	}
	p.warming = true
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		w, err := p.start()
		p.mu.Lock()
		p.warming = false
		if err == nil {
			p.idle = append(p.idle, w)
		}
		excess := p.trim()
		p.mu.Unlock()
		stopAll(excess)
		if err != nil && !errors.Is(err, ErrClosed) {
			p.cfg.Log.Error("cannot start a query server process", "error", err)
		}
	}()
}

// start starts a process and gives it the design document.
func (p *Pool) start() (w *process, err error) {
	if !p.thread.Do(func() { w, err = startProcess(p.cfg) }) {
		return nil, ErrClosed
	}
	if err != nil {
		return nil, err
	}
	if err := w.greet(p.hello, p.cfg.ID, p.cfg.Warm); err != nil {
		end := w.stop()
		return nil, fmt.Errorf("the query server %q does not start: %w (%s)", p.cfg.Command, err, end)
	}
	return w, nil
}

// Pids returns the processes that are idle now, for tests.
func (p *Pool) Pids() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	pids := make([]int, len(p.idle))
	for i, w := range p.idle {
		pids[i] = w.cmd.Process.Pid
	}
	return pids
}

// Close ends every process once its show is over.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	close(p.over)
	excess := p.trim()
	p.mu.Unlock()
	stopAll(excess)
	for range cap(p.slots) {
		p.slots <- struct{}{} // running shows have a deadline
	}
	p.wg.Wait()
	p.thread.Close()
}
