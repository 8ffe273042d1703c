package couchnode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// Every value of the file has a CRC-32C of its key and itself, so that a bit that the disk changed is found when the
// value is read, and not taken for a document. Documents have two kinds of it, see record.go; other values are sealed:
//
//	sealMark, CRC-32C (4 bytes), value
//
// Values of the first format have no checksum and begin with another byte than sealMark; see upgrade.go.
const (
	sealMark = 0
	sealSize = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the CRC-32C of the concatenated parts.
func checksum(parts ...[]byte) uint32 {
	sum := uint32(0)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	return sum
}

// seal returns a value as stored under a key.
func seal(key, value []byte) []byte {
	sealed := make([]byte, 0, sealSize+len(value))
	sealed = binary.BigEndian.AppendUint32(append(sealed, sealMark), checksum(key, value))
	return append(sealed, value...)
}

// unseal returns the value that was sealed, or nil for none. It aliases stored.
func unseal(key, stored []byte) ([]byte, error) {
	if stored == nil {
		return nil, nil
	}
	if len(stored) < sealSize || stored[0] != sealMark {
		return nil, errCorrupt
	}
	value := stored[sealSize:]
	if binary.BigEndian.Uint32(stored[1:]) != checksum(key, value) {
		return nil, errCorrupt
	}
	return value, nil
}

// getSealed reads a sealed value, or nil if there is none.
func getSealed(b *bolt.Bucket, key []byte) ([]byte, error) { return unseal(key, b.Get(key)) }

// putSealed seals and stores a value.
func putSealed(b *bolt.Bucket, key, value []byte) error { return b.Put(key, seal(key, value)) }

// errCorrupt is the cause of a CorruptError: the read bytes differ from the written ones.
var errCorrupt = errors.New("its checksum does not match")

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
