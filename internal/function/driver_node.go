package function

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/function/params"
	"callfn/internal/runs"
)

// NodeDriver runs functions in the node of this process: it fetches the show `wh` of the function's document with the
// call's parameters as the query string, as ShowDriver does from CouchDB. The run's terms and its report go beside the
// request, as Go values (runs.Exchange).
type NodeDriver struct {
	// Database names the functions database on the connection to the node.
	Database func() (*datastore.Database, error)
}

// Evaluate fetches the show. An error is the engine's own, or the node's, which did not get as far as the engine.
func (d NodeDriver) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	db, err := d.Database()
	if err != nil {
		return runs.Report{}, err
	}
	x := &runs.Exchange{Terms: e.Terms}
	resp, err := fetch(runs.WithExchange(ctx, x), db, e)
	if err != nil {
		return runs.Report{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if report, answered, err := x.Answered(); answered {
		return report, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return runs.Report{}, fmt.Errorf("read the answer of %s: %w", db.Connection().Address(), err)
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNoContent {
		return runs.Report{}, fmt.Errorf("%s answered a run with status %d and no report", db.Connection().Address(),
			resp.StatusCode)
	}
	return readBare(resp.StatusCode, resp.Header.Get("Content-Type"), body,
		place{ctx: ctx, db: db, function: e.Function})
}

// fetch asks the node for the show: with the parameters as the query string, however long, or as a form where the node
// would read one of them as JSON.
func fetch(ctx context.Context, db *datastore.Database, e Evaluation) (*http.Response, error) {
	path, query := show(db)+"/"+url.PathEscape(string(e.Function)), params.Encode(e.Params)
	if !readAsJSON(e.Params) {
		return db.Connection().Raw(ctx, http.MethodGet, path, query, nil, nil)
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return db.Connection().Raw(ctx, http.MethodPost, path, "", header, strings.NewReader(query))
}
