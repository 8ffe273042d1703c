package doctor

import (
	"slices"

	"callfn/callflow"
	"callfn/internal/datastore"
)

// mostLost bounds how many callflows the report names.
const mostLost = 50

// orderOfRules finds callflows whose temporal_routes lost the order of their children.
func (x *exam) orderOfRules() {
	const check = "order of time rules"
	if !slices.Contains(x.Site.Databases, datastore.Callflows) {
		return
	}
	routes, callflows := 0, 0
	err := callflow.FindLostOrder(x.ctx, x.Site.Stores, func(u callflow.Unordered) {
		if callflows++; callflows > mostLost {
			return
		}
		for _, route := range u.Routes {
			routes++
			x.add(check, Change, route.Fix(), "account %s, callflow %s %q, %s: %s",
				u.Account, u.ID, u.Name, route.Place(), route.Says())
		}
	})
	switch {
	case err != nil:
		x.add(check, Unknown, "", "the callflows cannot be read: %v", cause(err))
	case callflows > mostLost:
		x.add(check, Change, "list the rules in data.rules", "%d more callflows have temporal_routes whose order was lost",
			callflows-mostLost)
	case routes == 0:
		x.add(check, OK, "", "every temporal_route tries its rules in the order in which they were written")
	}
}
