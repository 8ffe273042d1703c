package couchnode

import (
	"bytes"
	"encoding/json"
	"fmt"

	"callfn/internal/boltfile"

	bolt "go.etcd.io/bbolt"
)

// DamagedError reports that the node's file is damaged. Its readable part may be incomplete.
type DamagedError struct {
	Path  string
	Cause error
}

// Error returns the cause and what to do.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("couchnode: %s is damaged: %v: restore the data directory from a backup, or move this file away, "+
		"start anew and `callfn import` an export", e.Path, e.Cause)
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Cause }

// Check reads the whole file and compares its content with its own counts and checksums: pages, documents, changes, and
// the rows of indexes. Without it a damaged page only shows as a listing that lacks documents. The error is a
// *DamagedError.
func (n *Node) Check() error {
	err := boltfile.Guard(func() error {
		return n.file.View(func(tx *bolt.Tx) error {
			if err := boltfile.CheckPages(tx); err != nil {
				return err
			}
			return tx.Bucket(bucketDBs).ForEachBucket(func(name []byte) error {
				db, err := openDB(tx, string(name))
				if err != nil {
					return err
				}
				if err := db.check(); err != nil {
					return fmt.Errorf("database %s: %w", name, err)
				}
				return nil
			})
		})
	})
	if err != nil {
		return &DamagedError{Path: n.file.Path(), Cause: err}
	}
	return nil
}

// check compares a database's content with its counts. Its error names the damaged documents.
func (db *dbTx) check() error {
	counted, damaged := stats{}, []string{}
	var last []byte
	err := db.docs.ForEach(func(id, raw []byte) error {
		if last != nil && bytes.Compare(last, id) >= 0 {
			return fmt.Errorf("documents are out of order at %q", id)
		}
		last = id
		r, err := db.decode(id, raw)
		if err != nil || !r.sound() {
			damaged = append(damaged, string(id))
			return nil
		}
		if !bytes.Equal(db.seqs.Get(seqKey(r.seq)), id) {
			return fmt.Errorf("document %q has no place among the changes", id)
		}
		if r.tree.Deleted() {
			counted.deleted++
		} else {
			counted.docs++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(damaged) > 0 {
		return damagedDocuments(damaged)
	}
	if counted.docs != db.stats.docs || counted.deleted != db.stats.deleted {
		return fmt.Errorf("it has %d documents and %d deleted ones, and should have %d and %d", counted.docs, counted.deleted,
			db.stats.docs, db.stats.deleted)
	}
	if err := db.checkChanges(counted.docs + counted.deleted); err != nil {
		return err
	}
	if err := db.locals.ForEach(checkSealed); err != nil {
		return err
	}
	return db.views().ForEachBucket(func(signature []byte) error { return checkIndex(db.views().Bucket(signature)) })
}

// sound reports whether every body has its checksum and is JSON.
func (r *record) sound() bool {
	for _, leaf := range r.tree {
		if b, err := body(leaf); err != nil || len(b) > 0 && !json.Valid(b) {
			return false
		}
	}
	return true
}

// damagedDocuments returns an error that names some of the damaged documents.
func damagedDocuments(ids []string) error {
	const most = 10
	named := fmt.Sprintf("%q", ids[:min(len(ids), most)])
	if len(ids) > most {
		named += fmt.Sprintf(" and %d more", len(ids)-most)
	}
	return fmt.Errorf("%d documents are damaged: %s", len(ids), named)
}

// checkChanges counts the changes, of which each document has one.
func (db *dbTx) checkChanges(documents uint64) error {
	changes := uint64(0)
	if err := db.seqs.ForEach(func(_, _ []byte) error { changes++; return nil }); err != nil {
		return err
	}
	if changes != documents {
		return fmt.Errorf("it has %d changes for %d documents", changes, documents)
	}
	return nil
}

// checkSealed checks one sealed value. It ignores buckets, which have no value.
func checkSealed(k, v []byte) error {
	if _, err := boltfile.Unseal(k, v); err != nil {
		return fmt.Errorf("the value of %q is damaged: %w", k, err)
	}
	return nil
}

// checkIndex checks the values of an index and counts its rows.
func checkIndex(idx *bolt.Bucket) error {
	if err := idx.ForEach(checkSealed); err != nil {
		return fmt.Errorf("an index: %w", err)
	}
	if back := idx.Bucket(bucketBack); back != nil {
		if err := back.ForEach(checkSealed); err != nil {
			return fmt.Errorf("an index: %w", err)
		}
	}
	for fun := 0; ; fun++ {
		rows := idx.Bucket(rowsBucket(fun))
		if rows == nil {
			return nil
		}
		n := uint64(0)
		if err := rows.ForEach(func(k, v []byte) error { n++; return checkSealed(k, v) }); err != nil {
			return fmt.Errorf("an index: %w", err)
		}
		if says, err := rowCount(idx, fun); err != nil || says != n {
			return fmt.Errorf("an index has %d rows and should have %d", n, says)
		}
	}
}
