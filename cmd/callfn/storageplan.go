package main

import (
	"log/slog"

	"callfn/internal/storageplan"
)

// keepStoragePlan starts to keep the storage plan: the API changes it, and what it names is set up in the background.
func (s *service) keepStoragePlan(c serveCommand, stores *storageplan.Resolver, log *slog.Logger) *storageplan.Keeper {
	keeper := storageplan.NewKeeper(storageplan.KeeperConfig{Resolver: stores, Language: c.FunctionsLanguage, Direct: c.direct(), Log: log})
	s.closers = append(s.closers, keeper.Close)
	keeper.Provision()
	return keeper
}
