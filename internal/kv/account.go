package kv

import (
	"context"
	"time"
)

// PurgeAccount deletes everything of an account.
func (s *Store) PurgeAccount(ctx context.Context, account string) error {
	if err := checkOwner(account, ""); err != nil {
		return err
	}
	return unavailable(s.engine.Purge(ctx, account))
}

// Walk calls visit with the entries of an account that come after a key (the zero Key for all), sorted by namespace and
// name, until it returns an error, which Walk returns. What is written meanwhile may be missing.
func (s *Store) Walk(ctx context.Context, account string, after Key, visit func(Key, Entry) error) error {
	if err := checkOwner(account, ""); err != nil {
		return err
	}
	var stopped error
	err := s.engine.Walk(ctx, account, after, s.now(), func(key Key, e Entry) error {
		stopped = visit(key, e)
		return stopped
	})
	if stopped != nil {
		return stopped
	}
	return unavailable(err)
}

// Restore stores an entry that Walk gave, with what is left of its life, and returns whether there was any left. The
// entry gets a new version. Reasons are those of Set.
func (s *Store) Restore(ctx context.Context, key Key, e Entry) (restored bool, err error) {
	o := SetOptions{}
	if !e.Expires.IsZero() {
		left := e.Expires.Sub(s.now())
		if left <= 0 {
			return false, nil
		}
		o.TTL = min(max(left, MinTTL), MaxTTL)
	}
	_, err = s.Set(ctx, key, e.Value, o)
	return err == nil, err
}

// Accounts lists the accounts that store something, sorted.
func (s *Store) Accounts(ctx context.Context) ([]string, error) {
	all, err := s.engine.Accounts(ctx)
	return all, unavailable(err)
}

// Usage returns what an account stores.
func (s *Store) Usage(ctx context.Context, account string) (Usage, error) {
	if err := checkOwner(account, ""); err != nil {
		return Usage{}, err
	}
	use, err := s.engine.Usage(ctx, account)
	return use, unavailable(err)
}

// Quota returns what an account may store.
func (s *Store) Quota() Quota { return s.opts.Quota }

// Total returns what all accounts store, and how many accounts store something.
func (s *Store) Total(ctx context.Context) (accounts int, all Usage, err error) {
	accounts, all, err = s.engine.Total(ctx)
	return accounts, all, unavailable(err)
}

// Sweep deletes expired entries and returns how many it deleted. Nothing depends on it but the room that they take.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	n, err := s.engine.Sweep(ctx, s.now())
	return n, unavailable(err)
}

// SweepEvery sweeps at an interval until ctx ends. failed is told of each error.
func (s *Store) SweepEvery(ctx context.Context, interval time.Duration, failed func(error)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Close closes the engine.
func (s *Store) Close() error { return s.engine.Close() }
