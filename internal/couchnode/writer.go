package couchnode

import (
	"context"
	"errors"

	"callfn/internal/boltfile"

	bolt "go.etcd.io/bbolt"
)

// writeTx is what a write function works on. The function must be repeatable: if another write of its group fails, it
// runs again in a transaction of its own.
type writeTx struct{ *bolt.Tx }

// touch wakes up the change feeds that wait for a database once the write is on disk. seq is the sequence that the
// database reaches.
func (w *writeTx) touch(db *database, seq uint64) {
	w.OnCommit(func() { db.advance(seq) })
}

// writer commits writes in groups.
type writer struct{ group *boltfile.Writer }

func startWriter(db *bolt.DB) *writer {
	return &writer{boltfile.StartWriter(db, func(err error) bool { return errors.As(err, new(*apiError)) })}
}

// write runs fn in a read-write transaction. It returns once the write is on disk, or with fn's error, in which case
// nothing is stored. It cannot be cancelled: a write that was handed over is finished. A refusal (apiError) concerns
// only its own write, which by contract has changed nothing.
func (w *writer) write(fn func(*writeTx) error) error {
	err := w.group.Write(context.Background(), func(tx *bolt.Tx) error { return fn(&writeTx{tx}) })
	if errors.Is(err, boltfile.ErrClosed) {
		return errClosing
	}
	return err
}

// close finishes the queued writes and stops the writer.
func (w *writer) close() { w.group.Close() }
