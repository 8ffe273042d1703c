package main

import (
	"log/slog"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/datastore"
)

// followChanges keeps what is remembered of callflows and accounts in step with the datastore, so that what another
// process changes takes effect here at once.
func (s *service) followChanges(stores datastore.Resolver, callflows *callflow.Cache, accounts *account.Cache,
	log *slog.Logger,
) {
	follow := func(database string, docs bool, fresh func(), change func(datastore.Change)) {
		f := datastore.Follow(datastore.Following{
			Database:    func() (*datastore.Database, error) { return stores.Resolve(database, "") },
			IncludeDocs: docs, Fresh: fresh, Change: change, Log: log.With("database", database),
		})
		s.closers = append(s.closers, f.Close)
	}
	follow(datastore.Callflows, true, callflows.ForgetAll, callflows.Changed)
	follow(datastore.Accounts, false, accounts.ForgetAll, func(c datastore.Change) { accounts.Forget(account.ID(c.ID)) })
}
