package function

import (
	"context"
	"errors"

	"callfn/internal/account"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// LocalDrafts evaluates drafts in the service's own sandbox with the same `wh` that stored functions meet. No draft
// ever goes into a request to a show.
type LocalDrafts Sandbox

// EvaluateDraft runs source once.
func (d LocalDrafts) EvaluateDraft(ctx context.Context, source string, e Evaluation) (runs.Report, error) {
	document := queryserver.NewDraftWith(source, e.Params["Account-ID"], e.Bindings)
	return queryserver.Runs(d).Draft(ctx, document, queryserver.ParamsRequest(e.Params), e.Terms)
}

// Parse parses source alone as a function body, under the deadline of a run.
func (d LocalDrafts) Parse(ctx context.Context, source string, owner, root account.ID) (*runs.Failure, error) {
	a, err := d.Eval.Do(ctx, sandbox.Job{
		Kind: sandbox.KindParse, Run: "parse", Source: source, Limits: d.Limits, Account: string(owner), Root: string(root),
		Rehearsal: true,
	})
	if err != nil {
		return nil, err
	}
	switch a.Outcome {
	case runs.OK:
		return nil, nil
	case runs.Syntax:
		return a.Error, nil
	case runs.Timeout:
		return &runs.Failure{Message: "SyntaxError: the body takes too long to parse"}, nil
	case runs.Memory:
		return &runs.Failure{Message: "SyntaxError: the body takes too much memory to parse"}, nil
	}
	return nil, errors.New("parse: the worker died")
}
