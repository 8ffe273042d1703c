package boltkv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"callfn/internal/kv"
)

// due reports whether an entry of the account has expired.
func (a *accountTx) due(now time.Time) bool {
	if a.root == nil {
		return false
	}
	k, _ := a.expiry.Cursor().First()
	return expiredAt(k, now)
}

// expiredAt reports whether a key of the expiry bucket, nil for none, says that its entry has expired.
func expiredAt(k []byte, now time.Time) bool {
	return len(k) > 8 && int64(binary.BigEndian.Uint64(k)) <= now.UnixMilli()
}

// sweep deletes up to most expired entries, -1 for all.
func (a *accountTx) sweep(now time.Time, most int) error {
	if !a.due(now) {
		return nil
	}
	for n := 0; n != most; n++ {
		k, _ := a.expiry.Cursor().First()
		if !expiredAt(k, now) {
			break
		}
		entry := bytes.Clone(k[8:])
		e, err := a.decode(entry, a.entries.Get(entry))
		if err == nil && (e == nil || !bytes.Equal(expiryKey(e.Expires, entry), k)) {
			err = a.damaged(errors.New("what expires is not there"))
		}
		if err != nil {
			return err
		}
		if err := a.remove(entry, e); err != nil {
			return err
		}
	}
	return a.storeUsage()
}

// list visits the names of live entries, in order.
func (a *accountTx) list(s kv.Scope, now time.Time, visit func(name string) bool) error {
	if a.root == nil {
		return nil
	}
	head, cursor := entryKey(s.Namespace, s.Prefix), a.entries.Cursor()
	from := entryKey(s.Namespace, max(s.Prefix, s.After))
	for k, raw := cursor.Seek(from); bytes.HasPrefix(k, head); k, raw = cursor.Next() {
		name := strings.TrimPrefix(string(k), s.Namespace+"\x00")
		e, err := a.decode(k, raw)
		if err != nil {
			return err
		}
		if name > s.After && !e.Expired(now) && !visit(name) {
			return nil
		}
	}
	return nil
}

// found is an entry that a walk came across.
type found struct {
	key   kv.Key
	entry kv.Entry
}

// page reads up to most entries after a key in the file. next is the last one read, nil at the end.
func (a *accountTx) page(after []byte, now time.Time, most int) (all []found, next []byte, err error) {
	if a.root == nil {
		return nil, nil, nil
	}
	cursor := a.entries.Cursor()
	for k, raw := cursor.Seek(after); k != nil; k, raw = cursor.Next() {
		if bytes.Equal(k, after) {
			continue
		}
		if len(all) == most {
			return all, entryKey(all[most-1].key.Namespace, all[most-1].key.Name), nil
		}
		e, err := a.decode(k, raw)
		if err != nil {
			return nil, nil, err
		}
		if !e.Expired(now) {
			e.Value = bytes.Clone(e.Value)
			all = append(all, found{key: a.key(k), entry: *e})
		}
	}
	return all, nil, nil
}

// check compares an account's entries with its usage and its expiry bucket.
func (a *accountTx) check() error {
	var use kv.Usage
	expiring := 0
	err := a.entries.ForEach(func(k, raw []byte) error {
		e, err := a.decode(k, raw)
		if err != nil {
			return err
		}
		use.Keys++
		use.Bytes += a.size(k, e)
		if !e.Expires.IsZero() {
			expiring++
			if a.expiry.Get(expiryKey(e.Expires, k)) == nil {
				return a.damaged(fmt.Errorf("%s has no place among what expires", a.key(k)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if use != a.use {
		return a.damaged(fmt.Errorf("there are %d keys and %d bytes, and should be %d and %d", use.Keys, use.Bytes,
			a.use.Keys, a.use.Bytes))
	}
	listed := 0
	if err := a.expiry.ForEach(func(_, _ []byte) error { listed++; return nil }); err != nil {
		return err
	}
	if listed != expiring {
		return a.damaged(fmt.Errorf("%d entries expire, and should be %d", expiring, listed))
	}
	return nil
}
