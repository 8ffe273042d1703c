package function

import (
	"context"
	"encoding/json"

	"callfn/internal/datastore"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// Copy is function documents at hand: *localcopy.Copy.
type Copy interface {
	// Get reads a document, or nil where there is none. The error is for a document of which that cannot be known.
	Get(ctx context.Context, id string) (json.RawMessage, error)
	// Newest is Get, of the document as it is stored this moment, where the store answers.
	Newest(ctx context.Context, id string) (json.RawMessage, error)
}

// DirectDriver runs functions without the HTTP show in between: it hands their documents, of which a copy is kept here,
// straight to an engine of the service's own, with the very same `wh`. Functions go on running while CouchDB is away.
type DirectDriver struct {
	Documents Copy
	Engine    Engine
	Turns     *Turns // before an engine that does not know accounts; nil before one that does
}

// Evaluate runs the copy of the function. A rehearsal has the newest, since whoever rehearses may have saved it just
// now. What must not run is refused before it waits for its turn.
func (d DirectDriver) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	raw, err := d.document(ctx, e)
	if err != nil {
		return runs.Report{}, err
	}
	document := queryserver.ReadDocument(raw)
	report := runs.Report{Run: e.Run, Rev: document.Rev, Place: runs.InDirect}
	if report.Outcome, report.Error = document.Refusal(e.Params["Account-ID"]); report.Outcome != "" {
		return report, nil
	}
	if d.Turns != nil {
		leave, err := d.Turns.Admit(ctx, e.Terms)
		if err != nil {
			return runs.Report{}, err
		}
		defer leave()
	}
	report, err = d.Engine.Show(ctx, document, e)
	if report.Place != "" {
		report.Place = runs.InDirect
	}
	return report, err
}

// document is the function's, or null where there is none.
func (d DirectDriver) document(ctx context.Context, e Evaluation) (json.RawMessage, error) {
	null := json.RawMessage("null")
	if !datastore.ValidID(string(e.Function)) {
		return null, nil
	}
	read := d.Documents.Get
	if e.Rehearsal {
		read = d.Documents.Newest
	}
	ctx, cancel := context.WithTimeout(ctx, runs.CopyWait)
	defer cancel()
	doc, err := read(ctx, string(e.Function))
	if doc == nil {
		doc = null
	}
	return doc, err
}
