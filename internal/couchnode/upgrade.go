package couchnode

import (
	"bytes"
	"log/slog"
	"slices"
	"time"

	"callfn/internal/boltfile"

	bolt "go.etcd.io/bbolt"
)

const (
	// upgradeBatch and upgradeBytes bound what one transaction of the upgrade rewrites.
	upgradeBatch = 2000
	upgradeBytes = 8 << 20
)

// upgrade adds a checksum to every value of a file of the first format, in transactions of moderate size. A partly
// upgraded file still has the first format. The first byte of a value tells whether it is upgraded, so the next Open
// does the rest.
func (n *Node) upgrade() error {
	begun := time.Now()
	n.opts.Logger.Info("couchnode: upgrading the file: every value gets a checksum", slog.String("file", n.file.Path()))
	var names [][]byte
	err := n.file.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketDBs).ForEachBucket(func(name []byte) error {
			names = append(names, bytes.Clone(name))
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := n.upgradeDatabase(name); err != nil {
			return err
		}
	}
	err = n.file.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyFormat, []byte(fileFormat)) })
	if err == nil {
		n.opts.Logger.Info("couchnode: upgraded the file", slog.Int64("took_ms", time.Since(begun).Milliseconds()))
	}
	return err
}

func (n *Node) upgradeDatabase(name []byte) error {
	database := bucketPath{bucketDBs, name}
	documents := func(id, v []byte) ([]byte, error) {
		if _, err := decodeRecord(id, v); err == nil {
			return nil, nil
		}
		r, err := decodeRecord1(v)
		if err != nil {
			return nil, &CorruptError{Database: string(name), Document: string(id), Cause: err}
		}
		return r.encode(string(id)), nil
	}
	if err := n.rewrite(database.to(bucketDocs), documents); err != nil {
		return err
	}
	buckets := []bucketPath{database.to(bucketInfo), database.to(bucketLocal)}
	err := n.file.View(func(tx *bolt.Tx) error {
		return database.to(bucketViews).walk(tx, func(p bucketPath) { buckets = append(buckets, p) })
	})
	for _, p := range buckets {
		if err == nil {
			err = n.rewrite(p, sealOnce)
		}
	}
	return err
}

// sealOnce seals a value that is not sealed yet. It never seals a database's uuid.
func sealOnce(k, v []byte) ([]byte, error) {
	if _, err := boltfile.Unseal(k, v); err == nil || bytes.Equal(k, keyUUID) {
		return nil, nil
	}
	return boltfile.Seal(k, v), nil
}

// rewrite replaces the values of a bucket by the results of convert. A nil result leaves the value as it is.
func (n *Node) rewrite(p bucketPath, convert func(k, v []byte) ([]byte, error)) error {
	var after []byte // the last key examined
	for more := true; more; {
		err := n.file.Update(func(tx *bolt.Tx) (err error) {
			after, more, err = rewriteBatch(p.bucket(tx), after, convert)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func rewriteBatch(b *bolt.Bucket, after []byte, convert func(k, v []byte) ([]byte, error)) (
	last []byte, more bool, err error,
) {
	var keys, values [][]byte
	size, looked := 0, 0
	c := b.Cursor()
	k, v := c.Seek(after)
	for ; k != nil && looked < upgradeBatch && size < upgradeBytes; k, v = c.Next() {
		looked++
		last = bytes.Clone(k)
		if v == nil || bytes.Equal(k, after) { // a bucket, or the last key of the batch before
			continue
		}
		converted, err := convert(k, v)
		if err != nil {
			return nil, false, err
		}
		if converted != nil {
			keys, values = append(keys, last), append(values, converted)
			size += len(converted)
		}
	}
	for i := range keys {
		if err := b.Put(keys[i], values[i]); err != nil {
			return nil, false, err
		}
	}
	return last, k != nil, nil
}

// bucketPath names a bucket by its parents.
type bucketPath [][]byte

func (p bucketPath) to(name []byte) bucketPath { return append(slices.Clone(p), name) }

func (p bucketPath) bucket(tx *bolt.Tx) *bolt.Bucket {
	b := tx.Bucket(p[0])
	for _, name := range p[1:] {
		b = b.Bucket(name)
	}
	return b
}

// walk visits a bucket and all its nested buckets.
func (p bucketPath) walk(tx *bolt.Tx, visit func(bucketPath)) error {
	visit(p)
	return p.bucket(tx).ForEachBucket(func(name []byte) error { return p.to(bytes.Clone(name)).walk(tx, visit) })
}
