package function

import (
	"context"
	"encoding/json"

	"callfn/internal/datastore"
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
// straight to an engine of the service's own, with the very same `wh` and so the same refusals. Functions go on running
// while CouchDB is away.
type DirectDriver struct {
	Documents Copy
	Engine    Engine
}

// Evaluate runs the copy of the function. A rehearsal has the newest, since whoever rehearses may have saved it just
// now.
func (d DirectDriver) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	doc, err := d.document(ctx, e)
	if err != nil {
		return runs.Report{}, err
	}
	if stock, ok := d.Engine.(interface{ table(zone string) string }); ok {
		e.Local = stock.table(e.TimeZone)
	}
	req, err := requestOf(e)
	if err != nil {
		return runs.Report{}, err
	}
	ev, err := d.Engine.Show(ctx, doc, req, e)
	if ev.Place != "" {
		ev.Place = runs.InDirect
	}
	return ev, err
}

// document is the function's, or null where there is none: `wh` answers that like everything else it refuses.
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
