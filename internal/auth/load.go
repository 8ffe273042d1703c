package auth

import (
	"context"
	"errors"

	"callfn/internal/datastore"
)

// Load reads the signing keys and reports whether there are any. It returns ErrWrongSecret like Prepare. Creating keys
// takes some computing time, so a starting service calls Prepare in the background when Load finds none.
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
