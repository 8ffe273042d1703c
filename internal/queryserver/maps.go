package queryserver

import (
	"context"
	"encoding/json"
	"fmt"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// mapResult bounds what the map functions may emit for one batch of documents.
const mapResult = 32 << 20

// Map runs the map functions over docs, a JSON list, and answers a JSON list: for each document, for each function, its
// rows as [key, value]. A map function that throws emits nothing for that document, as in CouchDB.
func Map(ctx context.Context, e Evaluator, funs []string, docs json.RawMessage,
	limits sandbox.Limits,
) (json.RawMessage, error) {
	sources, err := json.Marshal(funs)
	if err != nil {
		return nil, err
	}
	limits.Result = mapResult
	a, err := e.Do(ctx, sandbox.Job{Kind: sandbox.KindMap, Run: "map", Source: string(sources), Doc: docs, Limits: limits})
	if err != nil {
		return nil, fmt.Errorf("queryserver: map: %w", err)
	}
	if a.Outcome != runs.OK {
		return nil, fmt.Errorf("queryserver: map functions: %s: %s", a.Outcome, failureOf(a, limits).Message)
	}
	return a.Body, nil
}
