package service

import (
	"context"
	"errors"

	"callfn/internal/datastore"
	"callfn/internal/numbers"
)

// callsAreFound reports whether what leads a call to its callflow can be read: whose a realm and a number are, and
// which callflow has a number. Nothing of it is remembered. A service that takes no calls needs none of it.
func (s *Service) callsAreFound(ctx context.Context) error {
	if len(s.cfg.SIP.Listen) == 0 {
		return nil
	}
	const nobody = "readyz.invalid" // RFC 2606
	if _, err := s.accounts.ByRealm(ctx, nobody); err != nil && !errors.Is(err, datastore.ErrNotFound) {
		return err
	}
	table := numbers.Table{Datastores: s.stores}
	if _, err := table.Owner(ctx, "000000000000000"); err != nil && !errors.Is(err, numbers.ErrUnassigned) {
		return err
	}
	db, err := s.stores.Resolve(datastore.Callflows, "")
	if err != nil {
		return err
	}
	_, err = db.View(ctx, "callflows", "accounts_by_number", datastore.Query{Key: nobody, Limit: 1})
	return err
}
