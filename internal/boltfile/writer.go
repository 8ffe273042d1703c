package boltfile

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// maxGroup is how many writes may share one fsync.
const maxGroup = 256

// ErrClosed reports a write after Close.
var ErrClosed = errors.New("the file is closed")

// Writer commits writes in groups. While one group is synced the next one gathers. A lone client pays one fsync per
// write, and many clients share theirs. No write waits for a timer.
type Writer struct {
	db      *bolt.DB
	refusal func(error) bool
	jobs    chan *writeJob
	stop    chan struct{}
	once    sync.Once
	exited  chan struct{}
}

// writeJob is a write that waits for its group.
type writeJob struct {
	fn   func(*bolt.Tx) error
	done chan error

	mu        sync.Mutex // held while fn runs
	abandoned error      // why its caller waits no more
}

// StartWriter starts the writer of a file. refusal tells errors that concern only their own write, which then has
// changed nothing; after any other error each write of a group runs again in a transaction of its own.
func StartWriter(db *bolt.DB, refusal func(error) bool) *Writer {
	w := &Writer{
		db: db, refusal: refusal, jobs: make(chan *writeJob, maxGroup), stop: make(chan struct{}),
		exited: make(chan struct{}),
	}
	go w.run()
	return w
}

// Write runs fn in a read-write transaction. It returns once the write is on disk, or with fn's error, in which case
// nothing is stored. fn must be repeatable: if another write of its group fails, it runs again. When ctx ends first,
// Write returns its error; the write was then carried out or not, and fn does not run any more. Write returns ErrClosed
// after Close.
func (w *Writer) Write(ctx context.Context, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job := &writeJob{fn: fn, done: make(chan error, 1)}
	select {
	case <-w.stop:
		return ErrClosed
	default:
	}
	select {
	case w.jobs <- job:
	case <-w.stop:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-job.done:
		return err
	case <-ctx.Done():
		job.abandon(ctx.Err())
		return ctx.Err()
	case <-w.exited:
		select {
		case err := <-job.done:
			return err
		default:
			return ErrClosed
		}
	}
}

// Close finishes the queued writes and stops the writer.
func (w *Writer) Close() {
	w.once.Do(func() { close(w.stop) })
	<-w.exited
}

func (w *Writer) run() {
	defer close(w.exited)
	debug.SetPanicOnFault(true) // for this goroutine: a page that the disk cannot read fails one write
	for {
		select {
		case job := <-w.jobs:
			w.commit(w.gather(job))
		case <-w.stop:
			for {
				select {
				case job := <-w.jobs:
					w.commit(w.gather(job))
				default:
					return
				}
			}
		}
	}
}

func (w *Writer) gather(first *writeJob) []*writeJob {
	group := []*writeJob{first}
	for len(group) < maxGroup {
		select {
		case job := <-w.jobs:
			group = append(group, job)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction.
func (w *Writer) commit(group []*writeJob) {
	results := make([]error, len(group))
	err := w.update(func(tx *bolt.Tx) error {
		for i, job := range group {
			results[i] = job.run(tx)
			if results[i] != nil && !errors.As(results[i], new(abandonedError)) && !w.refusal(results[i]) {
				return results[i]
			}
		}
		return nil
	})
	if err != nil && len(group) > 1 {
		for _, job := range group {
			w.commit([]*writeJob{job})
		}
		return
	}
	for i, job := range group {
		if err != nil {
			results[i] = err
		}
		job.done <- results[i]
	}
}

// update is DB.Update whose commit may panic on a damaged page.
func (w *Writer) update(fn func(*bolt.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("commit panicked: %v", p)
		}
	}()
	return w.db.Update(fn)
}

// abandonedError is the error of a write whose caller does not wait any more.
type abandonedError struct{ error }

func (j *writeJob) abandon(why error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.abandoned = why
}

// run runs one write, unless it was abandoned. It returns a panic as the write's error, so that the writer survives.
func (j *writeJob) run(tx *bolt.Tx) (err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.abandoned != nil {
		return abandonedError{j.abandoned}
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("write panicked: %v", p)
		}
	}()
	return j.fn(tx)
}
