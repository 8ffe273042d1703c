package function

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// Engine evaluates the show `wh` over a document that is at hand: in the service's own sandbox, or in query server
// processes of others.
type Engine interface {
	// Show runs `wh` over a document for e. What the function does wrong is told by the Report; an error means that the
	// engine cannot run anything now.
	Show(ctx context.Context, d queryserver.Document, e Evaluation) (runs.Report, error)
}

// Sandbox is the service's own sandbox as an Engine.
type Sandbox queryserver.Runs

// Show runs `wh` in a fresh realm of a worker.
func (s Sandbox) Show(ctx context.Context, d queryserver.Document, e Evaluation) (runs.Report, error) {
	return queryserver.Runs(s).Do(ctx, d, queryserver.ParamsRequest(e.Params), e.Terms)
}

// requestOf is CouchDB's request object for a query server of others.
func requestOf(e Evaluation) (json.RawMessage, error) {
	return json.Marshal(map[string]any{
		"query": e.Params, "form": map[string]string{},
		"headers": map[string]string{queryserver.RunHeader: queryserver.FormatHeader(e.Terms)},
	})
}

// readResponse reads the response object of the query server protocol: our own query server's envelope, or the bare
// answer of another. from names the engine for people.
func readResponse(raw json.RawMessage, run runs.ID, from string) (runs.Report, error) {
	var r struct {
		Code    int               `json:"code"`
		JSON    json.RawMessage   `json:"json"`
		Body    string            `json:"body"`
		Headers map[string]string `json:"headers"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return runs.Report{}, fmt.Errorf("%s gave a malformed response: %w", from, err)
	}
	if r.Headers[queryserver.RunHeader] == string(run) {
		return queryserver.ParseEnvelope(r.JSON, run)
	}
	if r.Code == 0 {
		r.Code = http.StatusOK
	}
	body, contentType := []byte(r.Body), r.Headers["Content-Type"]
	if r.JSON != nil {
		body, contentType = r.JSON, "application/json"
	}
	return readBare(r.Code, contentType, body, process(from))
}

// process is an engine at hand, which reads no documents: it has been given one.
type process string

func (p process) address() string { return string(p) }

func (p process) sees() (sight, error) { return sight{design: true, function: true}, nil }
