package couchnode

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
)

// DamagedError says that the node's file is damaged. What is still readable of it must not be taken for all there was.
type DamagedError struct {
	Path  string
	Cause error
}

// Error tells what to do.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("couchnode: %s is damaged: %v: restore the data directory from a backup, or move this file away, "+
		"start anew and `callfn import` an export", e.Path, e.Cause)
}

// Unwrap gives the cause.
func (e *DamagedError) Unwrap() error { return e.Cause }

// Check reads the whole file and compares what it holds with what it says that it holds: pages, documents, changes, and
// the rows of indexes. Without it a damaged page shows as a listing that lacks documents. The error is a *DamagedError.
func (n *Node) Check() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its pages cannot be read: %v", r)
		}
		if err != nil {
			err = &DamagedError{Path: n.file.Path(), Cause: err}
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a page that the disk does not give
	return n.file.View(func(tx *bolt.Tx) error {
		info, err := os.Stat(n.file.Path())
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("it was cut off: it has %d bytes and should have %d", info.Size(), tx.Size())
		}
		// What this goroutine reads first cannot bring the process down when bbolt's own check, in one of its own, reads it
		// again.
		if err := tx.ForEach(func(_ []byte, b *bolt.Bucket) error { return readAll(b) }); err != nil {
			return err
		}
		err = tx.Bucket(bucketDBs).ForEachBucket(func(name []byte) error {
			db, err := openDB(tx, string(name))
			if err != nil {
				return err
			}
			if err := db.check(); err != nil {
				return fmt.Errorf("database %s: %w", name, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		var first error
		for err := range tx.Check() { // to its end, which frees the goroutine behind it
			if first == nil {
				first = err
			}
		}
		return first
	})
}

// readAll reads every page of a bucket and of those in it.
func readAll(b *bolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v != nil {
			return nil
		}
		inner := b.Bucket(k)
		if inner == nil {
			return fmt.Errorf("a part of it, %q, cannot be found", k)
		}
		return readAll(inner)
	})
}

// check compares a database with what it says of itself.
func (db *dbTx) check() error {
	for _, b := range []*bolt.Bucket{db.info, db.docs, db.seqs, db.locals, db.views()} {
		if b == nil {
			return fmt.Errorf("a part of it is missing")
		}
	}
	says, has := db.stats(), stats{}
	var last []byte
	err := db.docs.ForEach(func(id, raw []byte) error {
		if last != nil && bytes.Compare(last, id) >= 0 {
			return fmt.Errorf("documents are out of order at %q", id)
		}
		last = id
		r, err := decodeRecord(raw)
		if err != nil {
			return fmt.Errorf("document %q: %w", id, err)
		}
		for _, leaf := range r.tree {
			if len(leaf.Body) > 0 && !json.Valid(leaf.Body) {
				return fmt.Errorf("document %q is no JSON", id)
			}
		}
		if !bytes.Equal(db.seqs.Get(seqKey(r.seq)), id) {
			return fmt.Errorf("document %q has no place among the changes", id)
		}
		if r.tree.Deleted() {
			has.deleted++
		} else {
			has.docs++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if has.docs != says.docs || has.deleted != says.deleted {
		return fmt.Errorf("it has %d documents and %d deleted ones, and should have %d and %d", has.docs, has.deleted,
			says.docs, says.deleted)
	}
	changes := uint64(0)
	if err := db.seqs.ForEach(func(_, _ []byte) error { changes++; return nil }); err != nil {
		return err
	}
	if changes != has.docs+has.deleted {
		return fmt.Errorf("it has %d changes for %d documents", changes, has.docs+has.deleted)
	}
	return db.views().ForEachBucket(func(signature []byte) error { return checkIndex(db.views().Bucket(signature)) })
}

// checkIndex counts the rows of an index.
func checkIndex(idx *bolt.Bucket) error {
	for fun := 0; ; fun++ {
		rows := idx.Bucket(rowsBucket(fun))
		if rows == nil {
			return nil
		}
		n := uint64(0)
		if err := rows.ForEach(func(_, _ []byte) error { n++; return nil }); err != nil {
			return err
		}
		if says := idx.Get(countKey(fun)); len(says) == 8 && binary.BigEndian.Uint64(says) != n {
			return fmt.Errorf("an index has %d rows and should have %d", n, binary.BigEndian.Uint64(says))
		}
	}
}
