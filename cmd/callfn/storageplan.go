package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/function"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// keepStoragePlan starts to keep the storage plan: the API changes it, and what it names is set up in the background.
func (s *service) keepStoragePlan(c serveCommand, deadline time.Duration, stores *storageplan.Resolver,
	moves *mover.Mover, log *slog.Logger,
) *storageplan.Keeper {
	like := doctor.Patient{Deadline: deadline, MaxTarget: c.ShowMaxTarget, Runs: c.CouchDBRuns +
		rehearsalWorkers(c.CouchDBRuns), Now: time.Now}
	if c.direct() {
		like.Direct = func(db *datastore.Database) function.Driver { return directOn(s.engine)(db) } // which is not there yet
	}
	keeper := storageplan.NewKeeper(storageplan.KeeperConfig{
		Resolver: stores, Mover: moves, Language: c.FunctionsLanguage,
		Log: log, Patient: like,
	})
	s.closers = append(s.closers, keeper.Close)
	keeper.Provision()
	return keeper
}

// moveDatabases starts to move the databases that the storage plan wants elsewhere, and goes on with moves that are
// under way.
func (s *service) moveDatabases(c serveCommand, stores *storageplan.Resolver, log *slog.Logger) (*mover.Mover, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "callfn"
	}
	instance, err := datastore.NewID(rand.Reader)
	if err != nil {
		return nil, err
	}
	moves := mover.New(mover.Config{
		Places: stores, Journal: stores.Journal(), Holder: fmt.Sprintf("%s, process %d, %s", host, os.Getpid(), instance),
		Random: rand.Reader, Now: time.Now, Log: log,
		Alone: s.node != nil, // nobody else can have the node's file open
		Prepare: func(ctx context.Context, on datastore.Single, at storageplan.Tag, database string) error {
			return stores.Prepare(ctx, on, at, database, c.FunctionsLanguage)
		},
	})
	s.closers = append(s.closers, moves.Close)
	return moves, nil
}
