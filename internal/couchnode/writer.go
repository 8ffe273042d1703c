package couchnode

import (
	"errors"
	"fmt"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// maxGroup is how many writes may share one fsync.
const maxGroup = 256

// writeTx is what a write function works on. The function must be repeatable: if another write of its group fails, it
// runs again in a transaction of its own.
type writeTx struct {
	*bolt.Tx
	touched map[*database]uint64 // the sequence that each changed database reaches
}

// touch records that db now ends at seq, so that waiting change feeds wake up once the write is on disk.
func (w *writeTx) touch(db *database, seq uint64) {
	if seq > w.touched[db] {
		w.touched[db] = seq
	}
}

// writeJob is a write that waits for its group.
type writeJob struct {
	fn   func(*writeTx) error
	done chan error
}

// writer commits writes in groups. While one group is synced the next one gathers. A lone client pays one fsync per
// write, and many clients share theirs. No write waits for a timer.
type writer struct {
	db     *bolt.DB
	jobs   chan writeJob
	stop   chan struct{}
	once   sync.Once
	exited chan struct{}
}

func startWriter(db *bolt.DB) *writer {
	w := &writer{db: db, jobs: make(chan writeJob, maxGroup), stop: make(chan struct{}), exited: make(chan struct{})}
	go w.run()
	return w
}

// write runs fn in a read-write transaction. It returns once the write is on disk, or with fn's error, in which case
// nothing is stored. It cannot be cancelled: a write that was handed over is finished.
func (w *writer) write(fn func(*writeTx) error) error {
	job := writeJob{fn: fn, done: make(chan error, 1)}
	select {
	case w.jobs <- job:
	case <-w.stop:
		return errClosing
	}
	select {
	case err := <-job.done:
		return err
	case <-w.exited:
		select {
		case err := <-job.done:
			return err
		default:
			return errClosing
		}
	}
}

// close finishes the queued writes and stops the writer.
func (w *writer) close() {
	w.once.Do(func() { close(w.stop) })
	<-w.exited
}

func (w *writer) run() {
	defer close(w.exited)
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

func (w *writer) gather(first writeJob) []writeJob {
	group := []writeJob{first}
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

// commit runs a group in one transaction. A refusal (apiError) concerns only its own write, which by contract has
// changed nothing. After any other error each write runs in its own transaction.
func (w *writer) commit(group []writeJob) {
	results := make([]error, len(group))
	tx := &writeTx{touched: map[*database]uint64{}}
	err := w.db.Update(func(btx *bolt.Tx) error {
		tx.Tx = btx
		for i, job := range group {
			results[i] = call(job.fn, tx)
			var refused *apiError
			if results[i] != nil && !errors.As(results[i], &refused) {
				return results[i]
			}
		}
		return nil
	})
	if err != nil && len(group) > 1 {
		for _, job := range group {
			w.commit([]writeJob{job})
		}
		return
	}
	if err == nil {
		for db, seq := range tx.touched {
			db.advance(seq)
		}
	}
	for i, job := range group {
		if err != nil {
			results[i] = err
		}
		job.done <- results[i]
	}
}

// call runs one write. It returns a panic as the write's error, so that the writer survives.
func call(fn func(*writeTx) error, tx *writeTx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("couchnode: write panicked: %v", p)
		}
	}()
	return fn(tx)
}
