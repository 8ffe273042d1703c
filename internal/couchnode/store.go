package couchnode

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"callfn/internal/boltfile"

	bolt "go.etcd.io/bbolt"
)

// The file's layout: bucket "meta" (format, uuid) and bucket "dbs" with one bucket per database, which holds
//
//	info   uuid; sealed: stats (sequence, documents, deleted documents), security, validators
//	docs   document id → record, deleted documents included
//	seqs   sequence (8 bytes) → id of the document whose latest change it is
//	local  _local document id → sealed revision number and body
//	views  view signature → index (see index.go), all of its values sealed
//
// checksum.go says what sealed is.
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

const (
	fileFormat  = "callfn couchnode 2"
	fileFormat1 = "callfn couchnode 1" // without checksums; see upgrade.go
)

// stats are the counts of a database.
type stats struct {
	seq, docs, deleted uint64
}

func (s stats) encode() []byte {
	b := make([]byte, 0, 24)
	b = binary.BigEndian.AppendUint64(b, s.seq)
	b = binary.BigEndian.AppendUint64(b, s.docs)
	return binary.BigEndian.AppendUint64(b, s.deleted)
}

// decodeStats decodes what encode returned. A new database has none yet.
func decodeStats(b []byte) (stats, error) {
	switch len(b) {
	case 0:
		return stats{}, nil
	case 24:
		return stats{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}, nil
	}
	return stats{}, boltfile.ErrCorrupt
}

// dbTx is one database inside a transaction.
type dbTx struct {
	name                           string
	root, info, docs, seqs, locals *bolt.Bucket

	// The values in the info bucket.
	stats                 stats
	securityObject, named []byte // see security and keyValidators; nil for none
}

// openDB opens a database, or answers 404. It returns a *CorruptError if the database's description is damaged.
func openDB(tx *bolt.Tx, name string) (*dbTx, error) {
	db, err := openBuckets(tx, name)
	if err == nil {
		err = db.readInfo()
	}
	if err != nil {
		return nil, err
	}
	return db, nil
}

// openDocuments is openDB for reading documents: it reads only the stats from the info bucket.
func openDocuments(tx *bolt.Tx, name string) (*dbTx, error) {
	root := tx.Bucket(bucketDBs).Bucket([]byte(name))
	if root == nil {
		return nil, errNoDatabase
	}
	db := &dbTx{name: name, root: root, info: root.Bucket(bucketInfo), docs: root.Bucket(bucketDocs)}
	if db.info == nil || db.docs == nil {
		return nil, &CorruptError{Database: name, Cause: errors.New("a part of it is missing")}
	}
	raw, err := getSealed(db.info, keyStats)
	if err == nil {
		db.stats, err = decodeStats(raw)
	}
	if err != nil {
		return nil, &CorruptError{Database: name, Cause: err}
	}
	return db, nil
}

// openBuckets is openDB without reading the info bucket.
func openBuckets(tx *bolt.Tx, name string) (*dbTx, error) {
	root := tx.Bucket(bucketDBs).Bucket([]byte(name))
	if root == nil {
		return nil, errNoDatabase
	}
	db := &dbTx{
		name: name, root: root,
		info: root.Bucket(bucketInfo), docs: root.Bucket(bucketDocs),
		seqs: root.Bucket(bucketSeqs), locals: root.Bucket(bucketLocal),
	}
	for _, b := range []*bolt.Bucket{db.info, db.docs, db.seqs, db.locals, db.views()} {
		if b == nil {
			return nil, &CorruptError{Database: name, Cause: errors.New("a part of it is missing")}
		}
	}
	return db, nil
}

func (db *dbTx) readInfo() error {
	raw, err := getSealed(db.info, keyStats)
	if err == nil {
		db.stats, err = decodeStats(raw)
	}
	if err == nil {
		db.securityObject, err = getSealed(db.info, keySecurity)
	}
	if err == nil {
		db.named, err = getSealed(db.info, keyValidators)
	}
	if err != nil {
		return &CorruptError{Database: db.name, Cause: err}
	}
	return nil
}

// createDB creates an empty database with the given uuid (16 bytes).
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

func (db *dbTx) uuid() string        { return hex.EncodeToString(db.info.Get(keyUUID)) }
func (db *dbTx) views() *bolt.Bucket { return db.root.Bucket(bucketViews) }
func seqKey(seq uint64) []byte       { return binary.BigEndian.AppendUint64(nil, seq) }

func (db *dbTx) setStats(s stats) error {
	db.stats = s
	return putSealed(db.info, keyStats, s.encode())
}

func (db *dbTx) setSecurity(o []byte) error {
	db.securityObject = o
	return putSealed(db.info, keySecurity, o)
}

// security returns the database's security object. CouchDB 3 makes new databases for administrators only.
func (db *dbTx) security() []byte {
	if db.securityObject != nil {
		return db.securityObject
	}
	return []byte(`{"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}}`)
}

// record loads a document, or returns nil if it never existed.
func (db *dbTx) record(id string) (*record, error) {
	raw := db.docs.Get([]byte(id))
	if raw == nil {
		return nil, nil
	}
	return db.decode([]byte(id), raw)
}

// decode decodes a record. It returns a *CorruptError if the record is damaged.
func (db *dbTx) decode(id, raw []byte) (*record, error) {
	r, err := decodeRecord(id, raw)
	if err != nil {
		return nil, &CorruptError{Database: db.name, Document: string(id), Cause: err}
	}
	return r, nil
}

// changed loads the document that the sequence's entry names and checks that its latest change has that sequence.
func (db *dbTx) changed(seq uint64, id string) (*record, error) {
	r, err := db.record(id)
	if err == nil && (r == nil || r.seq != seq) {
		err = &CorruptError{Database: db.name, Cause: fmt.Errorf("change %d names document %q, of which it is none", seq, id)}
	}
	return r, err
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
