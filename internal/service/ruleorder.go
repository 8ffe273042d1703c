package service

import (
	"context"
	"strings"

	"callfn/callflow"
)

// maxUnordered bounds how many temporal_routes the start's log names.
const maxUnordered = 100

// warnOfLostOrder looks for temporal_routes that earlier versions stored without the order of their children, and logs
// each one.
func (s *Service) warnOfLostOrder(ctx context.Context) {
	routes := 0
	err := callflow.FindLostOrder(ctx, s.stores, func(u callflow.Unordered) {
		for _, route := range u.Routes {
			if routes++; routes > maxUnordered {
				continue
			}
			s.log.Warn("temporal_route lost the order of its rules", "account", u.Account, "callflow", u.ID, "name", u.Name,
				"node", route.Place(), "tried", strings.Join(route.Rules, ","), "fix", route.Fix())
		}
	})
	switch {
	case ctx.Err() != nil: // the service stops
	case err != nil:
		s.log.Warn("cannot look for temporal_routes that lost the order of their rules", "error", err)
	case routes > maxUnordered:
		s.log.Warn("more temporal_routes lost the order of their rules", "count", routes-maxUnordered)
	}
}
