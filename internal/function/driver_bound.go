package function

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// Bound runs functions that declare bindings in the service's own sandbox, whatever the place of the others: the show
// of a CouchDB refuses them (queryserver.NoBindings). It remembers which functions those are, so that the next run goes
// to the sandbox at once, and reads their documents afresh for each run.
type Bound struct {
	Driver Driver // for functions without bindings
	Own    Engine // the service's own sandbox
	// Document reads a function's document as it is stored at this moment, or nil where there is none.
	Document func(ctx context.Context, id string) (json.RawMessage, error)

	mu    sync.Mutex
	known map[ID]struct{} // functions that declared bindings when they were last read
}

// mostBound bounds the functions that are remembered. One that is forgotten costs its next run a refusal.
const mostBound = 10_000

// Evaluate evaluates in the sandbox what declares bindings, and the rest in the other place.
func (d *Bound) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	if d.remembers(e.Function) {
		report, ran, err := d.evaluate(ctx, e)
		if ran || err != nil {
			return report, err
		}
	}
	report, err := d.Driver.Evaluate(ctx, e)
	if err != nil || report.Outcome != runs.Refused || report.Error == nil ||
		!strings.HasPrefix(report.Error.Message, queryserver.NoBindings) {
		return report, err
	}
	if own, ran, err := d.evaluate(ctx, e); ran || err != nil {
		return own, err
	}
	return report, nil
}

// evaluate reads the document and runs it here if it declares bindings.
func (d *Bound) evaluate(ctx context.Context, e Evaluation) (report runs.Report, ran bool, err error) {
	raw, err := d.Document(ctx, string(e.Function))
	if err != nil {
		return runs.Report{}, false, err
	}
	if raw == nil {
		raw = json.RawMessage("null")
	}
	document := queryserver.ReadDocument(raw)
	declares := document.Declares()
	d.remember(e.Function, declares)
	if !declares {
		return runs.Report{}, false, nil
	}
	report, err = d.Own.Show(ctx, document, e)
	if report.Place != "" {
		report.Place = runs.InDirect
	}
	return report, true, err
}

func (d *Bound) remembers(id ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.known[id]
	return known
}

func (d *Bound) remember(id ID, declares bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !declares {
		delete(d.known, id)
		return
	}
	if d.known == nil || len(d.known) >= mostBound {
		d.known = map[ID]struct{}{}
	}
	d.known[id] = struct{}{}
}

// BoundEngine is Bound for a document that is at hand: Own runs what declares bindings, Other the rest.
type BoundEngine struct{ Own, Other Engine }

// Show runs `wh` over a document in the engine for it.
func (b BoundEngine) Show(ctx context.Context, d queryserver.Document, e Evaluation) (runs.Report, error) {
	if d.Declares() {
		return b.Own.Show(ctx, d, e)
	}
	return b.Other.Show(ctx, d, e)
}
