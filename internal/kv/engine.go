package kv

import (
	"context"
	"time"
)

// Engine keeps entries. Its methods may be called at the same time. Keys and values were checked by Store. An error of
// an engine means that the store is not available, unless it is an *Error or comes from the caller's function.
//
// An engine need not have a clock: it is told what time it is. Expired entries may remain in it; it never returns them,
// and does not count them in the usage that it gives to Change.
type Engine interface {
	// Read returns the live entry of a key, or nil. The caller does not change it.
	Read(ctx context.Context, key Key, now time.Time) (*Entry, error)

	// Update changes one key in one atomic step. It calls change with the live entry of the key and the usage of the
	// account, and stores what change returns. It may call change several times; the last call counts. An error of
	// change is returned as it is, and nothing is stored. The returned entry is the stored one with its version, nil
	// if there is none. When Update returns without an error, the change is durable.
	Update(ctx context.Context, key Key, now time.Time, change Change) (*Entry, error)

	// List calls visit with the names of the live entries of a namespace that begin with prefix and come after
	// another name, sorted by their bytes, until visit returns false.
	List(ctx context.Context, scope Scope, now time.Time, visit func(name string) bool) error

	// Walk calls visit with the live entries of an account that come after a key, sorted by namespace and name, until it
	// returns an error, which Walk returns. after may be empty for the first; it need not be there. What is written
	// meanwhile may be missing. visit may take its time.
	Walk(ctx context.Context, account string, after Key, now time.Time, visit func(Key, Entry) error) error

	// Accounts lists the accounts that store something, sorted. One whose last entry expired a short time ago may be
	// among them.
	Accounts(ctx context.Context) ([]string, error)

	// Usage returns what an account stores. Entries that expired a short time ago may be counted.
	Usage(ctx context.Context, account string) (Usage, error)

	// Total returns what all accounts store, and how many accounts store something.
	Total(ctx context.Context) (accounts int, all Usage, err error)

	// Purge deletes everything of an account. It succeeds if there is nothing.
	Purge(ctx context.Context, account string) error

	// Sweep deletes expired entries of all accounts and returns how many it deleted.
	Sweep(ctx context.Context, now time.Time) (deleted int, err error)

	// Close ends the engine. Operations then fail.
	Close() error
}

// Scope is a part of the keys of an account.
type Scope struct {
	Account, Namespace string
	Prefix             string // "" for all
	After              string // "" for the first
}

// Change decides what becomes of a key. current is its live entry or nil, use is what the account stores. It returns
// the entry to store, whose version the engine sets; nil deletes the key; current itself changes nothing.
type Change func(current *Entry, use Usage) (next *Entry, err error)
