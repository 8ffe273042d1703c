package callflow

import (
	"context"

	"callfn/internal/function"
	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

// runFunction is KAZOO's `function` (cf_function.erl; docs/reference/kazoo.md#the-function-module). It runs the
// function named by data.id with the call's parameters and branches to the flow that it returns. After any failure the
// call continues at `_`, and the step has the outcome.
func runFunction(ctx context.Context, t *Turn) Next {
	result := invoke(ctx, t)
	if !result.Outcome.Known() {
		result.Outcome, result.Flow = runs.EngineDown, nil
		result.Error = function.NewError("the engine gave no outcome", "")
	}
	if result.Outcome == runs.OK && result.Flow == nil {
		result.Outcome = runs.NoFlow
		result.Error = function.NewError("the function returned nothing", "")
	}
	t.Outcome(Outcome(result.Outcome))
	t.step.DurationMS = runs.Milliseconds(result.Duration)
	t.step.Function = &FunctionStep{
		ID: function.ID(t.Data.String("id")), Run: result.Run, Outcome: result.Outcome, Flow: returned(result).Object,
		Error: result.Error, Logs: result.Logs, Levels: result.Levels, Hints: result.Hints,
		Effects: result.Effects,
	}
	if result.Outcome != runs.OK {
		t.step.Function.Flow = jsonvalue.Object{}
		t.step.Function.Result = result.Value
		return Continue()
	}
	if t.origin == function.FromRehearsal {
		t.step.Function.Returned = result.Value
	}
	return Branch(returned(result))
}

// returned returns the flow from a function's result.
func returned(result function.Result) Node {
	return Node{jsonvalue.Object{Members: result.Flow, Order: result.Order}}
}

func invoke(ctx context.Context, t *Turn) function.Result {
	id := function.ID(t.Data.String("id"))
	if id == "" {
		return function.Result{
			Outcome: runs.NotFound,
			Error:   function.NewError("the node names no function", "put the function's id into data.id"),
		}
	}
	flat, err := params.Flatten(Params(t.Call))
	if err != nil {
		return function.Result{Outcome: runs.TooLarge, Error: function.NewError(err.Error(), "")}
	}
	if t.runner == nil {
		return function.Result{
			Outcome: runs.EngineDown,
			Error:   function.NewError("no engine is configured to run functions", ""),
		}
	}
	request := function.Request{
		Account: t.Account(), Function: id, CallID: t.Call.ID, Params: flat, TimeZone: t.timeZone, Origin: t.origin,
		Outside: t.outside,
	}
	if t.pretend {
		request.Now = t.now()
	}
	return t.runner.Run(ctx, request)
}
