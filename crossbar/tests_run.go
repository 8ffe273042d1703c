package crossbar

import (
	"bytes"
	"context"
	"encoding/json"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/savedcase"
)

// tryFunction runs a function on a case's call and walks the flow that it returns.
func (a *API) tryFunction(x *exchange, doc datastore.Document, c savedcase.Case, zone string) (callflow.Trace, error) {
	return a.cfg.Simulator.Simulate(x.ctx, callflow.SimulationRequest{
		Account: x.account.ID(), Call: c.Call, Script: c.Script, ScriptOrder: c.Order.Member("script"), TimeZone: zone,
		DefaultRealm: x.account.Realm(),
		Flow:         callflow.NodeOf(map[string]any{"module": "function", "data": map[string]any{"id": doc.ID()}}),
		Runner: candidateRunner{
			FunctionRunner: a.cfg.Functions, function: function.ID(doc.ID()),
			source: doc.Text("function_js"), bindings: bindingsOf(doc),
		},
	})
}

// tryCallflow simulates a case's call to a callflow.
func (a *API) tryCallflow(x *exchange, doc datastore.Document, c savedcase.Case, zone string) (callflow.Trace, error) {
	return a.cfg.Simulator.Simulate(x.ctx, callflow.SimulationRequest{
		Account: x.account.ID(), Call: callOf(c.Call, doc), Script: c.Script, ScriptOrder: c.Order.Member("script"),
		TimeZone: zone, DefaultRealm: x.account.Realm(),
		Candidate: callflow.CandidateOf(doc),
	})
}

// callOf returns a case's call. It is to the callflow's first number unless the case names another.
func callOf(call map[string]any, doc datastore.Document) map[string]any {
	numbers := texts(doc["numbers"])
	if call["To"] != nil || call["Request"] != nil || len(numbers) == 0 {
		return call
	}
	out := map[string]any{"To": numbers[0]}
	for name, value := range call {
		out[name] = value
	}
	return out
}

// candidateRunner runs one function from a source that may differ from the stored one, in the service's own sandbox,
// and all others as stored. Its runs are recorded as rehearsals. They ignore whether the function is enabled.
type candidateRunner struct {
	FunctionRunner
	function function.ID
	source   string
	bindings json.RawMessage
}

// bindingsOf is what a function's document declares. It was checked when it was saved.
func bindingsOf(doc datastore.Document) json.RawMessage {
	raw, err := json.Marshal(doc["bindings"])
	if err != nil {
		return nil
	}
	return raw
}

// Run implements callflow.Runner.
func (c candidateRunner) Run(ctx context.Context, r function.Request) function.Result {
	if r.Function != c.function {
		return c.FunctionRunner.Run(ctx, r)
	}
	return c.RunDraft(ctx, function.Draft{
		Source: c.source, Bindings: c.bindings, Account: r.Account, Params: r.Params, TimeZone: r.TimeZone, Now: r.Now,
		Function: r.Function, CallID: r.CallID, Outside: r.Outside,
	})
}

// sameMember reports whether a member is the same in two documents, including the order of its members. A
// temporal_route without rules tries its children in order.
func sameMember(before, doc datastore.Document, name string) bool {
	was, err := before.Order().Member(name).Append(nil, before[name])
	if err != nil {
		return false
	}
	is, err := doc.Order().Member(name).Append(nil, doc[name])
	return err == nil && bytes.Equal(was, is)
}
