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
	"callfn/internal/sandbox"
	"callfn/internal/storageplan"
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

// driver evaluates functions where they are: in the embedded node, or in a CouchDB, which does not know accounts and before which
// they take turns. The node's own pool does know them.
func (s *service) driver(c serveCommand, stores *storageplan.Resolver, database func() (*datastore.Database, error), limits sandbox.Limits) function.Driver {
	show := func(own bool) *function.ShowDriver {
		return &function.ShowDriver{
			Database: database,
			Post:     c.ShowTransport == "post", MaxTarget: c.ShowMaxTarget, MaxResult: limits.Result, Ours: own,
		}
	}
	elsewhere := inTurn(c, show(false))
	if s.node == nil {
		return elsewhere
	}
	return function.Placed{
		Own:  func() bool { return stores.Home(datastore.Functions).Connection == storageplan.Local },
		Here: show(true), Elsewhere: elsewhere,
	}
}

// inTurn makes accounts take turns at CouchDB.
func inTurn(c serveCommand, driver function.Driver) function.Driver {
	few := max(c.CouchDBRuns/4, 1)
	most := func(own int) int {
		if own > 0 {
			return own
		}
		return max(c.CouchDBRuns/2, 1)
	}
	return function.InTurn{
		Driver: driver,
		Calls: fair.NewLane(nil, fair.Config{
			Workers: c.CouchDBRuns, Queue: c.Queue, AccountWorkers: most(c.AccountWorkers), TreeWorkers: most(c.TreeWorkers),
			MaxWait: function.MaxWait(function.FromCall),
		}),
		Rehearsals: fair.NewLane(nil, fair.Config{Workers: few, Queue: c.Queue, MaxWait: function.MaxWait(function.FromRehearsal)}),
	}
}
