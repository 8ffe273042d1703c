package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"callfn/internal/account"
	"callfn/internal/sandbox"
)

// LocalDrafts evaluates drafts in the service's own sandbox with the same `wh` that stored functions meet. No draft
// ever goes into a request to a show.
type LocalDrafts Sandbox

// EvaluateDraft runs source once.
func (d LocalDrafts) EvaluateDraft(ctx context.Context, source string, e Evaluation) (Evaluated, error) {
	doc, err := json.Marshal(map[string]any{
		"_id": "draft", "pvt_type": "function", "function_js": source, "pvt_account_id": e.Params["Account-ID"],
	})
	if err != nil {
		return Evaluated{}, err
	}
	req, err := requestOf(e, askFor(e))
	if err != nil {
		return Evaluated{}, err
	}
	ev, err := Sandbox(d).Show(ctx, doc, req, e)
	ev.Place = InDraft
	return ev, err
}

// Parse parses source alone as a function body, under the deadline of a run.
func (d LocalDrafts) Parse(ctx context.Context, source string, owner, root account.ID) (*sandbox.Fault, error) {
	a, err := d.Eval.Do(ctx, sandbox.Job{
		Kind: sandbox.KindParse, Run: "parse", Source: source, Limits: d.Limits, Account: string(owner), Root: string(root),
		Rehearsal: true,
	})
	if err != nil {
		return nil, err
	}
	switch a.Status {
	case sandbox.Done:
		return nil, nil
	case sandbox.Failed:
		var f sandbox.Fault
		if err := json.Unmarshal(a.Body, &f); err != nil {
			return nil, fmt.Errorf("parse: malformed answer: %w", err)
		}
		return &f, nil
	case sandbox.Timeout:
		return &sandbox.Fault{Name: "SyntaxError", Message: "the body takes too long to parse"}, nil
	case sandbox.Memory:
		return &sandbox.Fault{Name: "SyntaxError", Message: "the body takes too much memory to parse"}, nil
	}
	return nil, errors.New("parse: the worker died")
}
