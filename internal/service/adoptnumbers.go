package service

import (
	"context"
	"time"

	"callfn/internal/numbers"
)

// adoptNumbers assigns, at the first start with a table of numbers, each phone number that callflows of exactly one
// account have. What fails is tried again at the next start.
func (s *Service) adoptNumbers(ctx context.Context) {
	table := numbers.Table{Datastores: s.stores, Now: time.Now}
	adoption, err := table.Adopt(ctx)
	switch {
	case ctx.Err() != nil: // the service stops
	case err != nil:
		s.log.Warn("cannot assign the numbers of callflows to their accounts, trying again at the next start", "error",
			err)
	case adoption.Assigned > 0 || len(adoption.Doubles) > 0:
		s.log.Info("assigned the numbers of callflows to their accounts", "assigned", adoption.Assigned,
			"of_several_accounts", len(adoption.Doubles))
	}
}
