package main

import (
	"context"
	"log/slog"
	"time"

	"callfn/internal/account"
	"callfn/internal/autodisable"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/storageplan"
)

// recordRuns starts to keep records of functions' runs; what waits is written when the service closes.
func (s *service) recordRuns(c serveCommand, stores datastore.Resolver, log *slog.Logger) *runrecord.Recorder {
	records := runrecord.New(runrecord.Config{
		Datastores: stores, Now: time.Now, Log: log,
		Keep: runrecord.Keep{
			Successes: c.KeepSuccesses, Failures: c.KeepFailures, Rehearsals: c.KeepRehearsals, PerAccount: c.AccountRecords,
			For: c.KeepRunsFor, Parameters: c.RecordParameters,
		},
	})
	s.metrics.Records(records.Stats)
	s.closers = append(s.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		records.Close(ctx)
	})
	return records
}

// guardFunctions starts to switch off functions that keep failing.
func (s *service) guardFunctions(c serveCommand, stores datastore.Resolver, accounts *account.Cache,
	log *slog.Logger,
) *autodisable.Guard {
	guard := autodisable.New(autodisable.Config{
		Datastores: stores, Now: time.Now, Log: log, Threshold: autodisable.Threshold{
			Failures: c.DisableAfter,
			Within:   c.DisableWithin,
		},
		Account: func(ctx context.Context, id account.ID) (datastore.Document, error) {
			a, err := accounts.Get(ctx, id)
			return a.Document(), err
		},
	})
	s.metrics.Disabling(guard.Stats)
	s.closers = append(s.closers, guard.Close)
	return guard
}

// functionsOf says where the functions are now.
func functionsOf(stores datastore.Resolver) func() (*datastore.Database, error) {
	return func() (*datastore.Database, error) { return stores.Resolve(datastore.Functions, function.DocumentType) }
}

// driver evaluates functions: here, from a copy of their documents, or where they are, in the embedded node or in a
// CouchDB, which does not know accounts and before which they take turns. The node's own pool does know them.
func (s *service) driver(c serveCommand, stores *storageplan.Resolver, lanes fair.Lanes, limits sandbox.Limits,
	log *slog.Logger,
) (function.Driver, error) {
	if c.direct() {
		return s.directDriver(c, lanes, limits, log)
	}
	show := func(own bool) *function.ShowDriver {
		return &function.ShowDriver{
			Database: functionsOf(stores),
			Post:     c.ShowTransport == "post", MaxTarget: c.ShowMaxTarget, MaxResult: limits.Result, Ours: own,
		}
	}
	elsewhere := s.inTurn(c, "couchdb", c.CouchDBRuns, show(false))
	if s.node == nil {
		return elsewhere, nil
	}
	return function.Placed{
		Own:  func() bool { return stores.Home(datastore.Functions).Connection == storageplan.Local },
		Here: s.inTurn(c, "node", runsPerWorker*c.Workers, show(true)), Elsewhere: elsewhere,
	}, nil
}

// runsPerWorker is how many runs may be on their way through the own node for each of its workers: enough to keep a
// worker busy while others are read and answered. What comes beyond waits, or is refused, before it costs anything;
// with a thousand runs on their way at once none would arrive in time.
const runsPerWorker = 4

// inTurn makes accounts take turns at a place that does not know them, which runs so many calls' functions at once.
func (s *service) inTurn(c serveCommand, place string, count int, driver function.Driver) function.Driver {
	most := func(own int) int {
		if own > 0 {
			return own
		}
		return max(count/2, 1)
	}
	calls := fair.NewLane(nil, fair.Config{
		Workers: count, Queue: c.Queue, AccountWorkers: most(c.AccountWorkers), TreeWorkers: most(c.TreeWorkers),
		MaxWait: runs.CallWait,
	})
	rehearsals := fair.NewLane(nil, fair.Config{
		Workers: rehearsalWorkers(count), Queue: c.Queue,
		MaxWait: runs.RehearsalWait,
	})
	s.metrics.Lane(place, "calls", calls.Stats)
	s.metrics.Lane(place, "rehearsals", rehearsals.Stats)
	return function.InTurn{Driver: driver, Calls: calls, Rehearsals: rehearsals}
}
