package service

import (
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/memo"
	"callfn/internal/numbers"
)

// The bounds of what is remembered of extensions that callers on this machine dial.
const (
	homeKeep    = 10 * time.Second
	homeNumbers = 1000
)

// followChanges keeps what is remembered of callflows, accounts and numbers in step with the datastore, so that what
// another process changes takes effect here at once.
func (s *Service) followChanges() {
	follow := func(database string, docs bool, fresh func(), change func(datastore.Change)) {
		f := datastore.Follow(datastore.Following{
			Database:    func() (*datastore.Database, error) { return s.stores.Resolve(database, "") },
			IncludeDocs: docs, Fresh: fresh, Change: change, Log: s.log.With("database", database),
		})
		s.onClose(f.Close)
	}
	s.owners = numbers.NewCache(&numbers.Table{Datastores: s.stores, Now: time.Now}, time.Now)
	s.homes = memo.New[string, account.ID](homeKeep, homeNumbers, time.Now)
	follow(datastore.Callflows, true, func() { s.directory.ForgetAll(); s.homes.ForgetAll() },
		func(c datastore.Change) { s.directory.Changed(c); s.homes.ForgetAll() })
	follow(datastore.Accounts, false, func() { s.known.ForgetAll(); s.owners.ForgetAll() },
		func(c datastore.Change) {
			s.known.Forget(account.ID(c.ID))
			s.owners.Forget(c.ID)
		})
}
