package crossbar

import (
	"callfn/callflow"
	"callfn/internal/datastore"
)

// simulate walks a pretend call through the account's callflows. It has no effect outside.
func (a *API) simulate(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	public := datastore.StripPrivate(data)
	value, fields := a.cfg.Schemas.Validate("simulations", public)
	fields.Merge(checkSize(public, a.cfg.ExtraLimit))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	call, _ := value.(map[string]any)
	trace, err := a.cfg.Simulator.Simulate(x.ctx, callflow.SimulationRequest{Account: x.account.ID(), Params: call})
	if err != nil {
		return nil, err
	}
	return &answer{data: trace}, nil
}
