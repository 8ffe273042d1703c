package service

import (
	"callfn/internal/account"
	"callfn/internal/datastore"
)

// followChanges keeps what is remembered of callflows and accounts in step with the datastore, so that what another
// process changes takes effect here at once.
func (s *Service) followChanges() {
	follow := func(database string, docs bool, fresh func(), change func(datastore.Change)) {
		f := datastore.Follow(datastore.Following{
			Database:    func() (*datastore.Database, error) { return s.stores.Resolve(database, "") },
			IncludeDocs: docs, Fresh: fresh, Change: change, Log: s.log.With("database", database),
		})
		s.onClose(f.Close)
	}
	follow(datastore.Callflows, true, s.directory.ForgetAll, s.directory.Changed)
	follow(datastore.Accounts, false, s.known.ForgetAll, func(c datastore.Change) { s.known.Forget(account.ID(c.ID)) })
}
