package crossbar

import (
	"errors"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// scriptOf takes the script out of a described call.
func scriptOf(call map[string]any) (map[string]any, schemas.FieldErrors) {
	value := call["script"]
	delete(call, "script")
	script, ok := value.(map[string]any)
	if value == nil || ok {
		return script, nil
	}
	var fields schemas.FieldErrors
	fields.Add("script", "type", schemas.Violation{"message": "Value did not match type(s): object", "target": "object"})
	return nil, fields
}

// preflowOf is the callflow that the account runs before every other (kazoo-facts §5.4).
func preflowOf(a account.Account) callflow.ID {
	preflow, _ := a.Document()["preflow"].(map[string]any)
	id, _ := preflow["always"].(string)
	return callflow.ID(id)
}

// simulate walks a pretend call through the account's callflows, with the script beside it: 201 and the trace, also when nothing answers. It has
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
	script, fields := scriptOf(call)
	if fields != nil {
		return nil, invalid(fields)
	}
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	trace, err := a.cfg.Simulator.Simulate(x.ctx, callflow.SimulationRequest{
		Account: x.account.ID(), Call: call, Script: script, ScriptOrder: x.body.order.Member("script"), TimeZone: zone, DefaultRealm: x.account.Realm(),
		Preflow: preflowOf(x.account),
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
