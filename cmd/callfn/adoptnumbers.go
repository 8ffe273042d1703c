package main

import (
	"context"
	"log/slog"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/numbers"
)

// adoptNumbers assigns, at the first start with a table of numbers and while the service is up already, each phone
// number that callflows of exactly one account have. What fails is tried again at the next start.
func (s *service) adoptNumbers(stores datastore.Resolver, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		table := numbers.Table{Datastores: stores, Now: time.Now}
		adoption, err := table.Adopt(ctx)
		switch {
		case ctx.Err() != nil: // the service stops
		case err != nil:
			log.Warn("cannot assign the numbers of callflows to their accounts, trying again at the next start", "error", err)
		case adoption.Assigned > 0 || len(adoption.Doubles) > 0:
			log.Info("assigned the numbers of callflows to their accounts", "assigned", adoption.Assigned,
				"of_several_accounts", len(adoption.Doubles))
		}
	}()
	s.closers = append(s.closers, func() {
		cancel()
		<-done
	})
}
