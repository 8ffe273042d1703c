package main

import (
	"context"
	"log/slog"
	"strings"

	"callfn/callflow"
	"callfn/internal/datastore"
)

// mostUnordered bounds how many temporal_routes the start's log names.
const mostUnordered = 100

// warnOfLostOrder looks, while the service is up already, for temporal_routes that earlier versions stored without
// the order of their children, and logs each one.
func (s *service) warnOfLostOrder(stores datastore.Resolver, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		routes := 0
		err := callflow.FindLostOrder(ctx, stores, func(u callflow.Unordered) {
			for _, route := range u.Routes {
				if routes++; routes > mostUnordered {
					continue
				}
				log.Warn("temporal_route lost the order of its rules", "account", u.Account, "callflow", u.ID, "name", u.Name,
					"node", route.Place(), "tried", strings.Join(route.Rules, ","), "fix", route.Fix())
			}
		})
		switch {
		case ctx.Err() != nil: // the service stops
		case err != nil:
			log.Warn("cannot look for temporal_routes that lost the order of their rules", "error", err)
		case routes > mostUnordered:
			log.Warn("more temporal_routes lost the order of their rules", "count", routes-mostUnordered)
		}
	}()
	s.closers = append(s.closers, func() {
		cancel()
		<-done
	})
}
