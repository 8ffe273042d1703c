package queryserver

import (
	"context"
	"encoding/json"
	"fmt"

	"callfn/internal/couchnode"
	"callfn/internal/hostcall"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// Engine evaluates design documents for the embedded node, in the same sandbox and with the same answers as under
// CouchDB. It serves both of our design documents' languages: there is one engine here, whatever they name.
type Engine struct {
	Shows  Evaluator      // runs shows: customers' code
	Maps   Evaluator      // runs map functions: the operator's code, kept apart so that no call delays an index
	Limits sandbox.Limits // of a show

	// Calls is what functions with bindings use in runs of this service's own. Shows that a network asks for have none of
	// it.
	Calls *hostcall.Calls
}

var _ couchnode.Engine = Engine{}

// Show runs one show function. A run of this service's own is answered in its exchange (package runs).
func (e Engine) Show(ctx context.Context, language, fun string, doc json.RawMessage,
	req couchnode.ShowRequest,
) (json.RawMessage, error) {
	if err := known(language); err != nil {
		return nil, err
	}
	if x := runs.ExchangeOf(ctx); x != nil {
		own := Runs{Eval: e.Shows, Wh: fun, Limits: e.Limits, Calls: e.Calls}
		x.Answer(own.Do(ctx, ReadDocument(doc), NewRequest(req.Query, req.Form), x.Terms))
		return nil, nil
	}
	whole, err := req.Whole()
	if err != nil {
		return nil, err
	}
	return show(ctx, e.Shows, fun, doc, whole, e.Limits)
}

// Map runs map functions over documents.
func (e Engine) Map(ctx context.Context, language string, funs []string,
	docs []json.RawMessage,
) ([][][]couchnode.Row, error) {
	if err := known(language); err != nil {
		return nil, err
	}
	list, err := json.Marshal(docs)
	if err != nil {
		return nil, fmt.Errorf("queryserver: map: %w", err)
	}
	if docs == nil {
		list = []byte("[]")
	}
	raw, err := Map(ctx, e.Maps, funs, list, sandbox.Limits{Deadline: runs.MaxDeadline})
	if err != nil {
		if len(docs) == 0 {
			return nil, &couchnode.EngineError{Word: "compilation_error", Reason: err.Error()}
		}
		return nil, err
	}
	var pairs [][][][2]json.RawMessage
	if err := json.Unmarshal(raw, &pairs); err != nil {
		return nil, fmt.Errorf("queryserver: map: %w", err)
	}
	rows := make([][][]couchnode.Row, len(pairs))
	for d, perDoc := range pairs {
		rows[d] = make([][]couchnode.Row, len(perDoc))
		for f, perFun := range perDoc {
			for _, kv := range perFun {
				rows[d][f] = append(rows[d][f], couchnode.Row{Key: kv[0], Value: kv[1]})
			}
		}
	}
	return rows, nil
}

// Validate asks a validate_doc_update function about edits.
func (e Engine) Validate(ctx context.Context, language, fun string, user, security json.RawMessage,
	edits []couchnode.Edit,
) ([]*couchnode.EngineError, error) {
	if err := known(language); err != nil {
		return nil, err
	}
	return Validate(ctx, e.Maps, fun, user, security, edits)
}

func known(language string) error {
	if language == "javascript" || language == "callfn" {
		return nil
	}
	return &couchnode.EngineError{Word: "unknown_query_language", Reason: language}
}
