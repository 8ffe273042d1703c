package function

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"callfn/internal/datastore"
	"callfn/internal/function/params"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// ShowDriver runs functions the way KAZOO does (docs/reference/kazoo.md#the-show-request): it fetches the show `wh` of
// the function's document with the call's parameters as the query string. CouchDB, or anything else that speaks its
// API, answers. NodeDriver is for the node of this process.
type ShowDriver struct {
	// Database names the functions database on the connection that holds it now; a storage plan may move it. Its Design
	// says what the design document is called there.
	Database func() (*datastore.Database, error)
	// Post sends every run's parameters as a form body, which keeps callers' numbers out of access logs.
	Post bool
	// MaxTarget is the longest request target in bytes that is still sent as a GET; DefaultMaxTarget when zero.
	MaxTarget int
	// MaxResult is the longest answer in bytes that is read; beyond it the outcome is too_large. 256 KiB when zero.
	MaxResult int
	// Fresh opens a connection for every run, which a load balancer may send to another node.
	Fresh bool

	ours   atomic.Bool // our query server has answered: it ends functions by itself, and lets them wait for their turn
	zones  ZoneTables
	held   heldRuns
	silent silence
}

// DefaultMaxTarget is what CouchDB's 8,192-byte request line leaves for a target
// (docs/reference/couchdb.md#parameters).
const DefaultMaxTarget = 8177

// Evaluate fetches the show. It never sends a conditional request: a show's ETag ignores the query string
// (docs/reference/couchdb.md#parameters).
//
// Our own query server always ends functions, so there no answer within ctx is an error. Other engines are given up a
// little after the deadline: see giveUp. While the engine answers no show at all, an error comes at once.
func (d *ShowDriver) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	db, err := d.Database()
	if err != nil {
		return runs.Report{}, err
	}
	probe := func(ctx context.Context) error { return d.probe(ctx, db) }
	if err := d.silent.check(probe); err != nil {
		return runs.Report{}, err
	}
	if e.Deadline <= 0 || d.ourEngine() {
		ev, err := d.evaluate(ctx, db, e)
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && lives(db) {
			err = d.silent.unanswered(errors.New("no show was answered in time"), probe)
		}
		return ev, err
	}
	return d.evaluatePatiently(ctx, db, e)
}

// lives reports whether a server that did not answer in time is there at all.
func lives(db *datastore.Database) bool {
	ctx, cancel := context.WithTimeout(context.Background(), runs.AliveWait) // the run's own time is over
	defer cancel()
	return db.Connection().Alive(ctx) == nil
}

func (d *ShowDriver) ourEngine() bool { return d.ours.Load() }

// evaluate fetches the show and reads its answer.
func (d *ShowDriver) evaluate(ctx context.Context, db *datastore.Database, e Evaluation) (runs.Report, error) {
	resp, err := d.fetch(ctx, db, e)
	if err != nil {
		return runs.Report{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	d.silent.answered()
	limit := d.MaxResult
	if limit == 0 {
		limit = 256 << 10
	}
	enveloped := resp.Header.Get(queryserver.RunHeader) == string(e.Run)
	if enveloped || resp.StatusCode == http.StatusOK { // a failure without an envelope may be CouchDB's, before any engine
		d.ours.Store(enveloped)
	}
	if enveloped {
		limit += 64 << 10 // the envelope's own members: logs, error, ids
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil {
		return runs.Report{}, fmt.Errorf("read the answer of %s: %w", db.Connection().Address(), err)
	}
	switch {
	case len(body) > limit:
		return runs.Report{Outcome: runs.TooLarge, Error: tooLarge(limit)}, nil
	case enveloped:
		return queryserver.ParseEnvelope(body, e.Run)
	}
	ev, err := readBare(resp.StatusCode, resp.Header.Get("Content-Type"), body,
		place{ctx: ctx, db: db, function: e.Function})
	if ev.Place = runs.InShow; ev.Outcome == runs.Refused {
		ev.Place = "" // it did not run
	}
	if e.Rehearsal && ev.Error != nil { // no caller waits, and the document tells more than the engine
		if doc, readErr := db.Get(ctx, string(e.Function)); readErr == nil {
			advise(ev.Error, ev.Outcome, doc.Text("function_js"))
		}
	}
	return ev, err
}

// show is the path of the show `wh`.
func show(db *datastore.Database) string {
	return "/" + url.PathEscape(db.Name()) + "/_design/" + url.PathEscape(db.Design(datastore.Functions)) + "/_show/wh"
}

// fetch sends the request: a GET, or a form POST where the target would be too long.
func (d *ShowDriver) fetch(ctx context.Context, db *datastore.Database, e Evaluation) (*http.Response, error) {
	path := show(db) + "/" + url.PathEscape(string(e.Function))
	query := params.Encode(e.Params)
	header := http.Header{"Accept": {"application/json"}}
	if !d.ourEngine() {
		e.Local = d.zones.of(e.TimeZone)
	}
	header.Set(queryserver.RunHeader, queryserver.FormatHeader(e.Terms))
	if d.Fresh {
		header.Set("Connection", "close")
	}
	longest := d.MaxTarget
	if longest == 0 {
		longest = DefaultMaxTarget
	}
	if !d.Post && !readAsJSON(e.Params) && len(path)+1+len(query) <= longest {
		return db.Connection().Raw(ctx, http.MethodGet, path, query, header, nil)
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return db.Connection().Raw(ctx, http.MethodPost, path, "", header, strings.NewReader(query))
}

// readAsJSON reports whether a parameter has one of the names whose values CouchDB reads as JSON in a show's query,
// refusing what is none (couch_httpd:json_query_keys). In a form they are text like any other.
func readAsJSON(params map[string]string) bool {
	for _, name := range []string{"key", "startkey", "endkey", "descending"} {
		if _, ok := params[name]; ok {
			return true
		}
	}
	return false
}
