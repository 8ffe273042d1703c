package boltkv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"callfn/internal/boltfile"
	"callfn/internal/kv"

	bolt "go.etcd.io/bbolt"
)

// The file's layout: bucket "meta" (format; its sequence is the last version that was given) and bucket "accounts" with
// one bucket per account, which holds
//
//	usage    sealed: keys, bytes (8 bytes each)
//	entries  namespace, a zero byte, name → sealed: version, expiry in ms since 1970 or 0 (8 bytes each), value
//	expiry   expiry (8 bytes), key in entries → a byte, for what expires
//
// internal/boltfile says what sealed is.
var (
	bucketMeta     = []byte("meta")
	bucketAccounts = []byte("accounts")
	bucketEntries  = []byte("entries")
	bucketExpiry   = []byte("expiry")
	keyFormat      = []byte("format")
	keyUsage       = []byte("usage")
)

const fileFormat = "callfn kv 1"

// prepare creates what a new file lacks, and refuses other files.
func prepare(file *bolt.DB) error {
	format := ""
	err := file.View(func(tx *bolt.Tx) error {
		if meta := tx.Bucket(bucketMeta); meta != nil {
			format = string(meta.Get(keyFormat))
			if tx.Bucket(bucketAccounts) == nil {
				format = ""
			}
		} else if k, _ := tx.Cursor().First(); k == nil {
			format = "new"
		}
		return nil
	})
	switch {
	case err != nil || format == fileFormat:
		return err
	case format != "new":
		return fmt.Errorf("this is not a key-value store of this program (format %q, want %q)", format, fileFormat)
	}
	return file.Update(func(tx *bolt.Tx) error {
		if _, err := tx.CreateBucket(bucketAccounts); err != nil {
			return err
		}
		meta, err := tx.CreateBucket(bucketMeta)
		if err != nil {
			return err
		}
		return meta.Put(keyFormat, []byte(fileFormat))
	})
}

// accountTx is one account inside a transaction.
type accountTx struct {
	tx                    *bolt.Tx
	name                  string
	root, entries, expiry *bolt.Bucket // nil while the account has never stored anything
	use                   kv.Usage
}

func openAccount(tx *bolt.Tx, name string) (*accountTx, error) {
	a := &accountTx{tx: tx, name: name, root: tx.Bucket(bucketAccounts).Bucket([]byte(name))}
	if a.root == nil {
		return a, nil
	}
	a.entries, a.expiry = a.root.Bucket(bucketEntries), a.root.Bucket(bucketExpiry)
	if a.entries == nil || a.expiry == nil {
		return nil, a.damaged(errors.New("a part of it is missing"))
	}
	raw, err := boltfile.Unseal(keyUsage, a.root.Get(keyUsage))
	if err == nil && len(raw) != 16 {
		err = boltfile.ErrCorrupt
	}
	if err != nil {
		return nil, a.damaged(err)
	}
	a.use.Keys = int(binary.BigEndian.Uint64(raw))
	a.use.Bytes = int64(binary.BigEndian.Uint64(raw[8:]))
	return a, nil
}

// eachAccount visits every account.
func eachAccount(tx *bolt.Tx, visit func(*accountTx) error) error {
	return tx.Bucket(bucketAccounts).ForEachBucket(func(name []byte) error {
		a, err := openAccount(tx, string(name))
		if err != nil {
			return err
		}
		return visit(a)
	})
}

func (a *accountTx) damaged(err error) error {
	return fmt.Errorf("the values of account %s are damaged on disk: %w", a.name, err)
}

// create makes the buckets of an account.
func (a *accountTx) create() (err error) {
	if a.root != nil {
		return nil
	}
	if a.root, err = a.tx.Bucket(bucketAccounts).CreateBucket([]byte(a.name)); err != nil {
		return err
	}
	if a.entries, err = a.root.CreateBucket(bucketEntries); err != nil {
		return err
	}
	a.expiry, err = a.root.CreateBucket(bucketExpiry)
	return err
}

func (a *accountTx) storeUsage() error {
	raw := binary.BigEndian.AppendUint64(nil, uint64(a.use.Keys))
	raw = binary.BigEndian.AppendUint64(raw, uint64(a.use.Bytes))
	return a.root.Put(keyUsage, boltfile.Seal(keyUsage, raw))
}

// entryKey is the key of an entry in the bucket of entries.
func entryKey(namespace, name string) []byte { return []byte(namespace + "\x00" + name) }

func expiryKey(expires time.Time, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(expires.UnixMilli())), key...)
}

const headSize = 16

// decode decodes a stored entry. Its value aliases raw, which lives as long as the transaction.
func (a *accountTx) decode(key, raw []byte) (*kv.Entry, error) {
	if raw == nil {
		return nil, nil
	}
	b, err := boltfile.Unseal(key, raw)
	if err == nil && len(b) < headSize {
		err = boltfile.ErrCorrupt
	}
	if err != nil {
		return nil, a.damaged(err)
	}
	e := &kv.Entry{Version: binary.BigEndian.Uint64(b), Value: b[headSize:]}
	if ms := binary.BigEndian.Uint64(b[8:]); ms != 0 {
		e.Expires = time.UnixMilli(int64(ms)).UTC()
	}
	return e, nil
}

func encode(e *kv.Entry) []byte {
	b := make([]byte, 0, headSize+len(e.Value))
	b = binary.BigEndian.AppendUint64(b, e.Version)
	ms := uint64(0)
	if !e.Expires.IsZero() {
		ms = uint64(e.Expires.UnixMilli())
	}
	b = binary.BigEndian.AppendUint64(b, ms)
	return append(b, e.Value...)
}

// live reads an entry that has not expired, nil for none. It outlives the transaction.
func (a *accountTx) live(key kv.Key, now time.Time) (*kv.Entry, error) {
	if a.root == nil {
		return nil, nil
	}
	k := entryKey(key.Namespace, key.Name)
	e, err := a.decode(k, a.entries.Get(k))
	if err != nil || kv.Live(e, now) == nil {
		return nil, err
	}
	e.Value = bytes.Clone(e.Value)
	return e, nil
}

// replace stores an entry in the place of another, nil for none. It sets its version.
func (a *accountTx) replace(key kv.Key, current, next *kv.Entry) (err error) {
	if err := a.create(); err != nil {
		return err
	}
	k := entryKey(key.Namespace, key.Name)
	if current != nil {
		if err := a.remove(k, current); err != nil {
			return err
		}
	}
	if next != nil {
		if next.Version, err = a.tx.Bucket(bucketMeta).NextSequence(); err != nil {
			return err
		}
		a.use.Keys++
		a.use.Bytes += kv.Size(key, next.Value)
		if err := a.entries.Put(k, boltfile.Seal(k, encode(next))); err != nil {
			return err
		}
		if !next.Expires.IsZero() {
			if err := a.expiry.Put(expiryKey(next.Expires, k), []byte{1}); err != nil {
				return err
			}
		}
	}
	return a.storeUsage()
}

// remove deletes an entry. The caller stores the usage.
func (a *accountTx) remove(k []byte, e *kv.Entry) error {
	a.use.Keys--
	a.use.Bytes -= a.size(k, e)
	if !e.Expires.IsZero() {
		if err := a.expiry.Delete(expiryKey(e.Expires, k)); err != nil {
			return err
		}
	}
	return a.entries.Delete(k)
}

func (a *accountTx) size(k []byte, e *kv.Entry) int64 { return kv.Size(a.key(k), e.Value) }

// key is the key that an entry's key in the file stands for.
func (a *accountTx) key(k []byte) kv.Key {
	namespace, name, _ := strings.Cut(string(k), "\x00")
	return kv.Key{Account: a.name, Namespace: namespace, Name: name}
}
