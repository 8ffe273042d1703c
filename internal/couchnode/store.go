package couchnode

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// The file's layout: bucket "meta" (format, uuid) and bucket "dbs" with one bucket per database, which holds
//
//	info   stats (sequence, documents, deleted documents), uuid, security, validators
//	docs   document id → record, deleted documents included
//	seqs   sequence (8 bytes) → id of the document whose latest change it is
//	local  _local document id → revision number and body
//	views  view signature → index (see index.go)
var (
	bucketMeta  = []byte("meta")
	bucketDBs   = []byte("dbs")
	bucketInfo  = []byte("info")
	bucketDocs  = []byte("docs")
	bucketSeqs  = []byte("seqs")
	bucketLocal = []byte("local")
	bucketViews = []byte("views")

	keyFormat   = []byte("format")
	keyUUID     = []byte("uuid")
	keyStats    = []byte("stats")
	keySecurity = []byte("security")

	keyValidators = []byte("validators") // see validators.go
)

const fileFormat = "callfn couchnode 1"

// stats is what a database counts.
type stats struct {
	seq, docs, deleted uint64
}

func (s stats) encode() []byte {
	b := make([]byte, 0, 24)
	b = binary.BigEndian.AppendUint64(b, s.seq)
	b = binary.BigEndian.AppendUint64(b, s.docs)
	return binary.BigEndian.AppendUint64(b, s.deleted)
}

func decodeStats(b []byte) stats {
	if len(b) != 24 {
		return stats{}
	}
	return stats{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}
}

// dbTx is one database inside a transaction.
type dbTx struct {
	name                           string
	root, info, docs, seqs, locals *bolt.Bucket
}

// openDB finds a database, or answers 404.
func openDB(tx *bolt.Tx, name string) (*dbTx, error) {
	root := tx.Bucket(bucketDBs).Bucket([]byte(name))
	if root == nil {
		return nil, errNoDatabase
	}
	return &dbTx{
		name: name, root: root,
		info: root.Bucket(bucketInfo), docs: root.Bucket(bucketDocs),
		seqs: root.Bucket(bucketSeqs), locals: root.Bucket(bucketLocal),
	}, nil
}

// createDB makes an empty database with the given uuid (16 bytes).
func createDB(tx *bolt.Tx, name string, uuid []byte) error {
	root, err := tx.Bucket(bucketDBs).CreateBucket([]byte(name))
	if err != nil {
		return err
	}
	for _, b := range [][]byte{bucketInfo, bucketDocs, bucketSeqs, bucketLocal, bucketViews} {
		if _, err := root.CreateBucket(b); err != nil {
			return err
		}
	}
	return root.Bucket(bucketInfo).Put(keyUUID, uuid)
}

func (db *dbTx) stats() stats               { return decodeStats(db.info.Get(keyStats)) }
func (db *dbTx) setStats(s stats) error     { return db.info.Put(keyStats, s.encode()) }
func (db *dbTx) uuid() string               { return hex.EncodeToString(db.info.Get(keyUUID)) }
func (db *dbTx) views() *bolt.Bucket        { return db.root.Bucket(bucketViews) }
func seqKey(seq uint64) []byte              { return binary.BigEndian.AppendUint64(nil, seq) }
func (db *dbTx) setSecurity(o []byte) error { return db.info.Put(keySecurity, o) }

// security returns the database's security object. CouchDB 3 makes new databases for administrators only.
func (db *dbTx) security() []byte {
	if s := db.info.Get(keySecurity); s != nil {
		return s
	}
	return []byte(`{"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}}`)
}

// record loads a document, or returns nil where there never was one.
func (db *dbTx) record(id string) (*record, error) {
	raw := db.docs.Get([]byte(id))
	if raw == nil {
		return nil, nil
	}
	r, err := decodeRecord(raw)
	if err != nil {
		return nil, fmt.Errorf("database %q, document %q: %w", db.name, id, err)
	}
	return r, nil
}

// live loads a document that exists and is not deleted, or answers 404.
func (db *dbTx) live(id string) (*record, error) {
	r, err := db.record(id)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, errMissing
	case r.tree.Deleted():
		return nil, errDeleted
	}
	return r, nil
}
