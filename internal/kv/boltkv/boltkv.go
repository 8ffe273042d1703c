// Package boltkv is an engine of the key-value store for one process: one bbolt file of its own.
//
// A write is one transaction, synced before it is acknowledged. Writes that arrive together share a sync. Every value
// has a checksum; a damaged one is an error of the operation that reads it, never a wrong value.
package boltkv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"callfn/internal/boltfile"
	"callfn/internal/kv"

	bolt "go.etcd.io/bbolt"
)

// Engine is a kv.Engine on a file.
type Engine struct {
	file   *bolt.DB
	writer *boltfile.Writer
	close  func() error
}

// Open opens or creates the file; its directory must exist. Only one process can have it open; Open waits up to a
// timeout for another one to close it. The error is boltfile.ErrLocked, a *boltfile.DamagedError or the system's.
func Open(path string, timeout time.Duration) (*Engine, error) {
	file, err := boltfile.Open(path, timeout)
	if err != nil {
		return nil, wrap(path, err)
	}
	if err := boltfile.Guard(func() error { return prepare(file) }); err != nil {
		_ = file.Close()
		return nil, wrap(path, err)
	}
	e := &Engine{file: file, writer: boltfile.StartWriter(file, func(err error) bool {
		return errors.As(err, new(refusal))
	})}
	e.close = sync.OnceValue(func() error {
		e.writer.Close()
		return file.Close()
	})
	return e, nil
}

func wrap(path string, err error) error {
	if errors.As(err, new(*boltfile.DamagedError)) {
		return fmt.Errorf("key-value store: %w: restore it from a backup, or move this file away and start with an empty "+
			"store", err)
	}
	return fmt.Errorf("key-value store: open %s: %w", path, err)
}

// Close finishes the writes that wait and closes the file.
func (e *Engine) Close() error { return e.close() }

// refusal is an error of a change: it concerns one write, which has stored nothing.
type refusal struct{ error }

// write runs fn on the account's part of the file in the next group of writes.
func (e *Engine) write(ctx context.Context, account string, fn func(*accountTx) error) error {
	err := e.writer.Write(ctx, func(tx *bolt.Tx) error {
		a, err := openAccount(tx, account)
		if err != nil {
			return err
		}
		return fn(a)
	})
	if refused, ok := errors.AsType[refusal](err); ok {
		return refused.error
	}
	return err
}

// view runs fn on the account's part of the file.
func (e *Engine) view(ctx context.Context, account string, fn func(*accountTx) error) error {
	return e.viewFile(ctx, func(tx *bolt.Tx) error {
		a, err := openAccount(tx, account)
		if err != nil {
			return err
		}
		return fn(a)
	})
}

func (e *Engine) viewFile(ctx context.Context, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return boltfile.Guard(func() error { return e.file.View(fn) })
}

// Read implements kv.Engine.
func (e *Engine) Read(ctx context.Context, key kv.Key, now time.Time) (entry *kv.Entry, err error) {
	err = e.view(ctx, key.Account, func(a *accountTx) error {
		entry, err = a.live(key, now)
		return err
	})
	return entry, err
}

// Update implements kv.Engine.
func (e *Engine) Update(ctx context.Context, key kv.Key, now time.Time, change kv.Change) (*kv.Entry, error) {
	var result *kv.Entry
	err := e.write(ctx, key.Account, func(a *accountTx) error {
		if err := a.sweep(now, -1); err != nil { // so that the usage counts nothing that expired
			return err
		}
		current, err := a.live(key, now)
		if err != nil {
			return err
		}
		next, err := change(current, a.use)
		if err != nil {
			return refusal{err}
		}
		if next != current {
			err = a.replace(key, current, next)
		}
		result = next
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// List implements kv.Engine.
func (e *Engine) List(ctx context.Context, s kv.Scope, now time.Time, visit func(name string) bool) error {
	return e.view(ctx, s.Account, func(a *accountTx) error { return a.list(s, now, visit) })
}

// walkPage is how many entries Walk reads in one transaction: an open one keeps the file from using pages again.
const walkPage = 100

// Walk implements kv.Engine.
func (e *Engine) Walk(ctx context.Context, account string, from kv.Key, now time.Time,
	visit func(kv.Key, kv.Entry) error,
) error {
	after := entryKey(from.Namespace, from.Name)
	for {
		var page []found
		err := e.view(ctx, account, func(a *accountTx) (err error) {
			page, after, err = a.page(after, now, walkPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, f := range page {
			if err := visit(f.key, f.entry); err != nil {
				return err
			}
		}
		if after == nil {
			return nil
		}
	}
}

// Accounts implements kv.Engine.
func (e *Engine) Accounts(ctx context.Context) (all []string, err error) {
	err = e.viewFile(ctx, func(tx *bolt.Tx) error {
		return eachAccount(tx, func(a *accountTx) error {
			if a.use.Keys > 0 {
				all = append(all, a.name)
			}
			return nil
		})
	})
	return all, err
}

// Usage implements kv.Engine.
func (e *Engine) Usage(ctx context.Context, account string) (use kv.Usage, err error) {
	err = e.view(ctx, account, func(a *accountTx) error {
		use = a.use
		return nil
	})
	return use, err
}

// Total implements kv.Engine.
func (e *Engine) Total(ctx context.Context) (accounts int, all kv.Usage, err error) {
	err = e.viewFile(ctx, func(tx *bolt.Tx) error {
		return eachAccount(tx, func(a *accountTx) error {
			if a.use.Keys > 0 {
				accounts++
			}
			all.Keys += a.use.Keys
			all.Bytes += a.use.Bytes
			return nil
		})
	})
	return accounts, all, err
}

// Purge implements kv.Engine.
func (e *Engine) Purge(ctx context.Context, account string) error {
	return e.writer.Write(ctx, func(tx *bolt.Tx) error {
		all := tx.Bucket(bucketAccounts)
		if all.Bucket([]byte(account)) == nil {
			return nil
		}
		return all.DeleteBucket([]byte(account))
	})
}

// sweepBatch is how many entries one transaction of Sweep deletes.
const sweepBatch = 500

// Sweep implements kv.Engine.
func (e *Engine) Sweep(ctx context.Context, now time.Time) (deleted int, err error) {
	var due []string
	err = e.viewFile(ctx, func(tx *bolt.Tx) error {
		return eachAccount(tx, func(a *accountTx) error {
			if a.due(now) {
				due = append(due, a.name)
			}
			return nil
		})
	})
	for _, account := range due {
		for more := true; more && err == nil; {
			before, after := 0, 0
			err = e.write(ctx, account, func(a *accountTx) error {
				before = a.use.Keys
				err := a.sweep(now, sweepBatch)
				after, more = a.use.Keys, a.due(now)
				return err
			})
			deleted += before - after
		}
	}
	return deleted, err
}

// Check reads the whole file and compares its content with its own counts and checksums. The error is a
// *boltfile.DamagedError.
func (e *Engine) Check() error {
	err := boltfile.Guard(func() error {
		return e.file.View(func(tx *bolt.Tx) error {
			if err := boltfile.CheckPages(tx); err != nil {
				return err
			}
			return eachAccount(tx, (*accountTx).check)
		})
	})
	if err != nil {
		return &boltfile.DamagedError{Path: e.file.Path(), Cause: err}
	}
	return nil
}
