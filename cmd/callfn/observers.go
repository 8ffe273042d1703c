package main

import (
	"context"
	"log/slog"
	"time"

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
