package service

import (
	"context"
	"crypto/rand"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/function"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// startMoves starts to move the databases that the storage plan wants elsewhere, and goes on with moves that are under
// way.
func (s *Service) startMoves(context.Context) error {
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		return err
	}
	s.moves = mover.New(mover.Config{
		Places: s.stores, Journal: s.stores.Journal(), Holder: s.instance(id), Random: rand.Reader, Now: time.Now,
		Log: s.log, Alone: s.node != nil, // nobody else can have the node's file open
		Prepare: func(ctx context.Context, on datastore.Single, at storageplan.Tag, database string) error {
			return s.stores.Prepare(ctx, on, at, database, s.cfg.CouchDB.Language)
		},
	})
	s.onClose(s.moves.Close)
	return nil
}

// keepStoragePlan starts to keep the storage plan: the API changes it, and what it names is set up in the background.
func (s *Service) keepStoragePlan(context.Context) error {
	c := s.cfg.CouchDB
	base := doctor.Examination{
		Deadline: s.cfg.Limits.Deadline, MaxTarget: c.MaxTarget, Runs: c.Runs + RehearsalWorkers(c.Runs), Now: time.Now,
	}
	if s.cfg.Runner.Direct { // the engine is not there yet
		base.Direct = func(db *datastore.Database) function.Driver { return DirectOn(s.engine)(db) }
	}
	s.plans = storageplan.NewKeeper(storageplan.KeeperConfig{
		Resolver: s.stores, Mover: s.moves, Language: c.Language, Log: s.log, Examination: base,
	})
	s.onClose(s.plans.Close)
	s.plans.Provision()
	return nil
}
