package crossbar

import (
	"errors"

	"callfn/callflow"
	"callfn/internal/datastore"
)

// simulate walks a pretend call through the account's callflows: 201 and the trace, also when nothing answers. It has
// no effect outside.
func (a *API) simulate(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	call := datastore.StripPrivate(data)
	if fields := checkSize(call, a.cfg.ExtraLimit); len(fields) > 0 {
		return nil, invalid(fields)
	}
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	trace, err := a.cfg.Simulator.Simulate(x.ctx, callflow.SimulationRequest{
		Account: x.account.ID(), Call: call, TimeZone: zone, DefaultRealm: x.account.Realm(),
	})
	var unusable *callflow.InvalidCall
	if errors.As(err, &unusable) {
		return nil, fail(400, "validation error", unusable.Fields)
	}
	if err != nil {
		return nil, err
	}
	return &answer{data: trace}, nil
}
