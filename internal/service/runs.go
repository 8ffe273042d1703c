package service

import (
	"context"
	"crypto/rand"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/autodisable"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/runrecord"
	"callfn/internal/runs"
	"callfn/internal/storageplan"
	"callfn/schemas"
)

// startRunner starts what runs functions: the driver of the place where they run, the records of their runs, and the
// guard that switches failing ones off.
func (s *Service) startRunner(context.Context) (err error) {
	if s.schemas, err = schemas.Load(); err != nil {
		return err
	}
	own, err := s.ownSandbox()
	if err != nil {
		return err
	}
	records, guard := s.recordRuns(), s.guardFunctions()
	if err := s.copyFunctions(); err != nil {
		return err
	}
	driver, err := s.driver(own)
	if err != nil {
		return err
	}
	s.runner = function.NewRunner(function.Config{
		Driver: driver,
		Drafts: function.LocalDrafts(own),
		Flows:  s.schemas, NewRun: newRun, Deadline: s.cfg.Limits.Deadline, Log: s.log,
		Parameters: callflow.ParameterNames(), Root: s.topLevel,
		Observers: []function.Observer{records, guard, s.metrics}, Dialect: s.dialect(),
	})
	return nil
}

// recordRuns starts to keep records of functions' runs; what waits is written when the service closes.
func (s *Service) recordRuns() *runrecord.Recorder {
	records := runrecord.New(runrecord.Config{
		Datastores: s.stores, Now: time.Now, Log: s.log, Keep: s.cfg.Records,
	})
	s.metrics.Records(records.Stats)
	s.onClose(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		records.Close(ctx)
	})
	return records
}

// guardFunctions starts to switch off functions that keep failing.
func (s *Service) guardFunctions() *autodisable.Guard {
	guard := autodisable.New(autodisable.Config{
		Datastores: s.stores, Now: time.Now, Log: s.log, Threshold: s.cfg.Disable,
		Account: func(ctx context.Context, id account.ID) (datastore.Document, error) {
			a, err := s.known.Get(ctx, id)
			return a.Document(), err
		},
	})
	s.metrics.Disabling(guard.Stats)
	s.onClose(guard.Close)
	return guard
}

// functionsDatabase says where the functions are now.
func (s *Service) functionsDatabase() (*datastore.Database, error) {
	return s.stores.Resolve(datastore.Functions, function.DocumentType)
}

// driver evaluates functions: here, from a copy of their documents, or where they are, in the embedded node or in a
// CouchDB, which does not know accounts and before which they take turns. The sandbox's own lanes do know them.
// own runs those with bindings, wherever the others run.
func (s *Service) driver(own function.Sandbox) (function.Driver, error) {
	if s.cfg.Runner.Direct {
		return s.directDriver(own)
	}
	couchdb := function.InTurn{Turns: s.turns("couchdb", s.cfg.CouchDB.Runs), Driver: &function.ShowDriver{
		Database: s.functionsDatabase, Post: s.cfg.CouchDB.Post, MaxTarget: s.cfg.CouchDB.MaxTarget,
		MaxResult: s.cfg.Limits.Result,
	}}
	elsewhere := &function.Bound{Driver: couchdb, Own: own, Document: s.functionDocument}
	if s.node == nil {
		return elsewhere, nil
	}
	return function.Placed{
		Own:       func() bool { return s.stores.Home(datastore.Functions).Connection == storageplan.Local },
		Here:      function.EarlyRefusal{Full: s.lanes.Full, Driver: function.NodeDriver{Database: s.functionsDatabase}},
		Elsewhere: elsewhere,
	}, nil
}

// turns makes accounts take turns at a place that does not know them, which runs so many calls' functions at once.
func (s *Service) turns(place string, atOnce int) function.Turns {
	share := func(own int) int {
		if own > 0 {
			return own
		}
		return max(atOnce/2, 1)
	}
	w := s.cfg.Workers
	calls := fair.NewLane(nil, fair.Config{
		Workers: atOnce, Queue: w.Queue, AccountWorkers: share(w.PerAccount), TreeWorkers: share(w.PerTree),
		MaxWait: runs.CallWait,
	})
	rehearsals := fair.NewLane(nil, fair.Config{
		Workers: RehearsalWorkers(atOnce), Queue: w.Queue, MaxWait: runs.RehearsalWait,
	})
	s.metrics.Lane(place, "calls", calls.Stats)
	s.metrics.Lane(place, "rehearsals", rehearsals.Stats)
	return function.Turns{Calls: calls, Rehearsals: rehearsals}
}

// topLevel names an account's top-level ancestor for the sandbox's queues; "" for an account that cannot be read now.
func (s *Service) topLevel(ctx context.Context, id account.ID) account.ID {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	a, err := s.known.Get(ctx, id)
	if err != nil {
		return ""
	}
	return a.TopLevel()
}

// newRun makes a run id. crypto/rand does not fail on any system Go runs on; should it, the run stops here.
func newRun() runs.ID {
	id, err := runs.NewID(time.Now(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return id
}
