package main

import (
	"context"
	"log/slog"
	"time"

	"callfn/internal/account"
	"callfn/internal/autodisable"
	"callfn/internal/datastore"
	"callfn/internal/runrecord"
)

// recordRuns starts to keep records of functions' runs; what waits is written when the service closes.
func (s *service) recordRuns(c serveCommand, stores datastore.Resolver, log *slog.Logger) *runrecord.Recorder {
	records := runrecord.New(runrecord.Config{
		Datastores: stores, Now: time.Now, Log: log,
		Keep: runrecord.Keep{Successes: c.KeepSuccesses, Failures: c.KeepFailures, For: c.KeepRunsFor, Parameters: c.RecordParameters},
	})
	s.closers = append(s.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		records.Close(ctx)
	})
	return records
}

// guardFunctions starts to switch off functions that keep failing.
func (s *service) guardFunctions(c serveCommand, stores datastore.Resolver, accounts *account.Cache, log *slog.Logger) *autodisable.Guard {
	guard := autodisable.New(autodisable.Config{
		Datastores: stores, Now: time.Now, Log: log, Threshold: autodisable.Threshold{Failures: c.DisableAfter, Within: c.DisableWithin},
		Account: func(ctx context.Context, id account.ID) (datastore.Document, error) {
			a, err := accounts.Get(ctx, id)
			return a.Document(), err
		},
	})
	s.closers = append(s.closers, guard.Close)
	return guard
}
