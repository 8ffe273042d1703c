package main

import (
	"log/slog"
	"time"

	"callfn/internal/doctor"
	"callfn/internal/storageplan"
)

// keepStoragePlan starts to keep the storage plan: the API changes it, and what it names is set up in the background.
func (s *service) keepStoragePlan(c serveCommand, deadline time.Duration, stores *storageplan.Resolver, log *slog.Logger) *storageplan.Keeper {
	keeper := storageplan.NewKeeper(storageplan.KeeperConfig{
		Resolver: stores, Language: c.FunctionsLanguage, Log: log,
		Patient: doctor.Patient{Deadline: deadline, MaxTarget: c.ShowMaxTarget, Now: time.Now},
	})
	s.closers = append(s.closers, keeper.Close)
	keeper.Provision()
	return keeper
}
