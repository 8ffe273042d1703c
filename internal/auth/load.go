package auth

import (
	"context"
	"errors"

	"callfn/internal/datastore"
)

// Load reads the signing keys where there are any, and reports whether there were. Making them takes a moment of
// computing; whoever starts a service calls Prepare in the background when Load found none. ErrWrongSecret as for
// Prepare.
func (s *Service) Load(ctx context.Context) (found bool, err error) {
	db, err := s.cfg.Datastores.Resolve(datastore.SystemData, keysDocument)
	if err != nil {
		return false, err
	}
	if _, err = db.Get(ctx, keysDocument); err != nil {
		if errors.Is(err, datastore.ErrNotFound) {
			err = nil
		}
		return false, err
	}
	return true, s.Prepare(ctx)
}
