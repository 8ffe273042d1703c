package crossbar

import (
	"errors"
	"slices"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/schemas"
)

// scriptOf removes the script from a described call and returns it.
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

// nameFunctions adds the names of functions to the steps of a trace, if the database answers.
func (a *API) nameFunctions(x *exchange, steps []callflow.Step) {
	var ids []string
	for _, step := range steps {
		if f := step.Function; f != nil && datastore.ValidID(string(f.ID)) && !slices.Contains(ids, string(f.ID)) {
			ids = append(ids, string(f.ID))
		}
	}
	if len(ids) == 0 {
		return
	}
	rows, err := a.documentsOf(x, datastore.Functions, ids)
	if err != nil {
		return
	}
	names := map[function.ID]string{}
	for _, row := range rows {
		if row.Doc != nil && row.Doc.Account() == string(x.account.ID()) {
			names[function.ID(row.ID)] = row.Doc.Text("name")
		}
	}
	for _, step := range steps {
		if f := step.Function; f != nil {
			f.Name = names[f.ID]
		}
	}
}

// flowOfFunction removes the function, by id or name, from a described call, and gives the flow that runs it in place
// of a callflow; none without one.
func (a *API) flowOfFunction(x *exchange, call map[string]any) (callflow.Node, error) {
	value, given := call["function"]
	if !given {
		return callflow.Node{}, nil
	}
	delete(call, "function")
	ref, ok := value.(string)
	if !ok || ref == "" {
		return callflow.Node{}, invalidField("function", "type", schemas.Violation{
			"message": "Value did not match type(s): string", "target": "string",
		})
	}
	doc, err := a.functionNamed(x, ref)
	if err != nil {
		return callflow.Node{}, err
	}
	return callflow.NodeOf(map[string]any{"module": "function", "data": map[string]any{"id": doc.ID()}}), nil
}

// simulate walks a pretend call with its script through the account's callflows, or through the function that it
// names, and answers 201 with the trace, also where no callflow answers. It has no effect outside.
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
	if _, nested := call["call"].(map[string]any); nested {
		fields.Add("call", "unknown", schemas.Violation{
			"message": "the call's parameters stand beside script here: {\"To\":…,\"script\":…}",
		})
	}
	if fields != nil {
		return nil, invalid(fields)
	}
	flow, err := a.flowOfFunction(x, call)
	if err != nil {
		return nil, err
	}
	zone, err := a.cfg.Accounts.TimeZone(x.ctx, x.account)
	if err != nil {
		return nil, err
	}
	trace, err := a.cfg.Simulator.Simulate(x.ctx, callflow.SimulationRequest{
		Account: x.account.ID(), Call: call, Script: script, ScriptOrder: x.body.order.Member("script"), TimeZone: zone,
		DefaultRealm: x.account.Realm(),
		Preflow:      callflow.ID(x.account.Preflow()), Flow: flow,
	})
	var unusable *callflow.InvalidCall
	if errors.As(err, &unusable) {
		return nil, fail(400, "validation error", unusable.Fields)
	}
	if err != nil {
		return nil, err
	}
	a.nameFunctions(x, trace.Steps)
	return &answer{data: trace}, nil
}
