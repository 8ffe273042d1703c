package couchnode

import (
	"fmt"

	"callfn/internal/boltfile"

	bolt "go.etcd.io/bbolt"
)

// Every value of the file has a CRC-32C of its key and itself. Documents have two kinds of it, see record.go; other
// values are sealed by internal/boltfile. Values of the first format have no checksum, and begin with another byte than
// sealed ones; see upgrade.go.

// getSealed reads a sealed value, or nil if there is none.
func getSealed(b *bolt.Bucket, key []byte) ([]byte, error) { return boltfile.Unseal(key, b.Get(key)) }

// putSealed seals and stores a value.
func putSealed(b *bolt.Bucket, key, value []byte) error { return b.Put(key, boltfile.Seal(key, value)) }

// CorruptError reports that part of the node's file differs from what was written there.
type CorruptError struct {
	Database string
	Document string // "" for the database's own data
	Index    bool   // true for a view's index, which can be rebuilt from the documents
	Cause    error
}

func (e *CorruptError) Error() string {
	text := fmt.Sprintf("%s is damaged on disk (database %q): %v", e.what(), e.Database, e.Cause)
	if e.Document != "" {
		text += ": restore it from a backup"
	}
	return text
}

func (e *CorruptError) what() string {
	switch {
	case e.Index:
		return "a view index"
	case e.Document == "":
		return "a database's description"
	}
	return fmt.Sprintf("document %q", e.Document)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Cause }
