package service

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"time"

	"callfn/internal/kv"
	"callfn/internal/kv/boltkv"
	"callfn/internal/kv/natskv"

	"golang.org/x/time/rate"
)

// KVFile is where, in the data directory, functions' key-value store is.
const KVFile = "kv.db"

// KV says where functions' key-value store is: on NATS servers, or else in KVFile of the data directory, if this is the
// only callfn. With a CouchDB there may be others, each with a store of its own and its own half of the counters; then
// Single must say that there are none, or there is no store.
type KV struct {
	Single bool
	NATS   natskv.Config // no servers when its URL is empty
}

const (
	kvLockTimeout = time.Second
	kvSweep       = time.Minute // between deletions of what has expired
	kvAsk         = time.Second // for the figures of all accounts
	kvLogPause    = 10 * time.Second
	natsPatience  = 3 * time.Second // of the start
)

// hasKV reports whether there is a key-value store.
func (c Config) hasKV() bool { return c.CouchDB.Main.URL == "" || c.KV.Single || c.KV.NATS.URL != "" }

// openKV opens the key-value store of functions.
func (s *Service) openKV(ctx context.Context) error {
	if !s.cfg.hasKV() {
		return nil
	}
	engine, err := s.kvEngine(ctx)
	if err != nil {
		return err
	}
	count := s.metrics.KV(func() (kv.Usage, bool) {
		ctx, cancel := context.WithTimeout(context.Background(), kvAsk)
		defer cancel()
		_, use, err := engine.Total(ctx)
		return use, err == nil
	})
	sometimes := rate.Sometimes{Interval: kvLogPause}
	failed := func(operation string, err error) {
		sometimes.Do(func() {
			s.log.Error("cannot use the key-value store", "operation", operation, "error", cmp.Or(errors.Unwrap(err), err))
		})
	}
	s.kv = kv.New(engine, kv.Options{Observe: func(operation string, err error, took time.Duration) {
		count(operation, err, took)
		if kv.ReasonOf(err) == kv.Unavailable {
			failed(operation, err)
		}
	}})
	s.closing("key-value store", s.kv.Close)
	s.background(ctx, func(ctx context.Context) {
		s.kv.SweepEvery(ctx, kvSweep, func(err error) { failed("sweep", err) })
	})
	return nil
}

// kvEngine opens the engine of the key-value store.
func (s *Service) kvEngine(ctx context.Context) (kv.Engine, error) {
	if s.cfg.KV.NATS.URL != "" {
		return s.kvOnNATS(ctx)
	}
	engine, err := boltkv.Open(filepath.Join(s.cfg.Data, KVFile), kvLockTimeout)
	if err != nil {
		return nil, err
	}
	if !s.cfg.CheckData {
		return engine, nil
	}
	if err := engine.Check(); err != nil {
		_ = engine.Close()
		return nil, err
	}
	return engine, nil
}

// kvOnNATS connects to NATS servers. When they do not answer, the service starts without them: calls go on, and
// functions are told that the store is not available.
func (s *Service) kvOnNATS(ctx context.Context) (kv.Engine, error) {
	cfg := s.cfg.KV.NATS
	cfg.Log = s.log
	engine, err := natskv.Open(cfg)
	if err != nil {
		return nil, SettingError{err}
	}
	asking, cancel := context.WithTimeout(ctx, natsPatience)
	defer cancel()
	for {
		err := engine.Ping(asking)
		if err == nil {
			return engine, nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-asking.Done():
			s.log.Error("cannot use the key-value store", "operation", "open", "error", err)
			return engine, ctx.Err()
		}
	}
}
