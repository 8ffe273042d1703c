package main

import (
	"log/slog"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/function"
	"callfn/internal/storageplan"
)

// keepStoragePlan starts to keep the storage plan: the API changes it, and what it names is set up in the background.
func (s *service) keepStoragePlan(c serveCommand, deadline time.Duration, stores *storageplan.Resolver, log *slog.Logger) *storageplan.Keeper {
	like := doctor.Patient{Deadline: deadline, MaxTarget: c.ShowMaxTarget, Now: time.Now}
	if c.direct() {
		like.Direct = func(db *datastore.Database) function.Driver { return directOn(s.engine)(db) } // which is not there yet
	}
	keeper := storageplan.NewKeeper(storageplan.KeeperConfig{Resolver: stores, Language: c.FunctionsLanguage, Log: log, Patient: like})
	s.closers = append(s.closers, keeper.Close)
	keeper.Provision()
	return keeper
}
