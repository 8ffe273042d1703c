package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function/params"
	"callfn/internal/queryserver"
)

// ShowDriver runs functions the way KAZOO does (kazoo-facts §3.1): it fetches the show `wh` of the function's document with the
// call's parameters as the query string. CouchDB, the embedded node and anything else that speaks CouchDB's API answers.
type ShowDriver struct {
	// Database names the functions database on the connection that holds it now; a storage plan may move it. Its Design says
	// what the design document is called there.
	Database func() (*datastore.Database, error)
	// Post sends every run's parameters as a form body, which keeps callers' numbers out of access logs.
	Post bool
	// MaxTarget is the longest request target in bytes that is still sent as a GET; DefaultMaxTarget when zero.
	MaxTarget int
	// MaxResult is the longest answer in bytes that is read; beyond it the outcome is too_large. 256 KiB when zero.
	MaxResult int
	// Ours is set where the engine is known to be our query server. It ends functions by itself and lets them wait for their turn;
	// otherwise that is learnt from its answers.
	Ours bool

	ours atomic.Bool // the last answer was our query server's
}

// DefaultMaxTarget is what CouchDB's 8,192-byte request line leaves for a target (couchdb-facts, Parameters).
const DefaultMaxTarget = 8177

// answerSlack is what an engine that is not ours may take beyond a function's deadline until its answer is here. It may never end
// the function, or only at a limit of its operator's; it is no longer waited for then.
const answerSlack = 300 * time.Millisecond

// Evaluate fetches the show. It never sends a conditional request: a show's ETag ignores the query string (couchdb-facts).
//
// A function that the engine does not end is given up answerSlack after its deadline: outcome timeout. Since no answer can also
// mean that the server is gone, it is asked meanwhile whether it lives; when it does not say so, that is an error. Our own query
// server always ends functions, so there no answer within ctx is an error too.
func (d *ShowDriver) Evaluate(ctx context.Context, e Evaluation) (Evaluated, error) {
	db, err := d.Database()
	if err != nil {
		return Evaluated{}, err
	}
	if e.Deadline <= 0 || d.Ours || d.ours.Load() {
		return d.evaluate(ctx, ctx, db, e)
	}
	patient, cancel := context.WithTimeout(ctx, e.Deadline+answerSlack)
	defer cancel()
	lives, forget := askWhetherItLives(ctx, db, e.Deadline)
	defer forget()
	ev, err := d.evaluate(patient, ctx, db, e)
	if err == nil || patient.Err() == nil || errors.Is(ctx.Err(), context.Canceled) {
		return ev, err
	}
	if dead := lives(); dead != nil {
		return Evaluated{}, fmt.Errorf("%s did not answer in time, and whether it lives neither: %w", db.Connection().Address(), dead)
	}
	return Evaluated{Outcome: Timeout, Error: &Error{Message: fmt.Sprintf("the function was given up after %d ms", e.Deadline.Milliseconds())}}, nil
}

// askWhetherItLives asks the server for a sign of life once the deadline has passed. lives waits for the answer; forget ends the
// asking.
func askWhetherItLives(ctx context.Context, db *datastore.Database, after time.Duration) (lives func() error, forget func()) {
	ctx, cancel := context.WithTimeout(ctx, after+answerSlack+time.Second)
	answer := make(chan error, 1)
	timer := time.AfterFunc(after, func() { answer <- db.Connection().Alive(ctx) })
	lives = func() error {
		select {
		case err := <-answer:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return lives, func() {
		timer.Stop()
		cancel()
	}
}

// evaluate fetches the show within patient, and whatever else must be known to read its answer within ctx.
func (d *ShowDriver) evaluate(patient, ctx context.Context, db *datastore.Database, e Evaluation) (Evaluated, error) {
	resp, err := d.fetch(patient, db, e)
	if err != nil {
		return Evaluated{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	limit := d.MaxResult
	if limit == 0 {
		limit = 256 << 10
	}
	enveloped := resp.Header.Get(queryserver.RunHeader) == string(e.Run)
	d.ours.Store(enveloped)
	if enveloped {
		limit += 64 << 10 // the envelope's own members: logs, error, ids
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil {
		return Evaluated{}, fmt.Errorf("read the answer of %s: %w", db.Connection().Address(), err)
	}
	switch {
	case len(body) > limit:
		return Evaluated{Outcome: TooLarge, Error: tooLarge(limit)}, nil
	case enveloped:
		return readEnvelope(body, e.Run)
	}
	ev, err := readBare(resp.StatusCode, resp.Header.Get("Content-Type"), body, place{ctx: ctx, db: db, function: e.Function})
	if ev.Place = InShow; ev.Outcome == Refused {
		ev.Place = "" // it did not run
	}
	return ev, err
}

// fetch sends the request: a GET, or a form POST where the target would be too long.
func (d *ShowDriver) fetch(ctx context.Context, db *datastore.Database, e Evaluation) (*http.Response, error) {
	path := "/" + url.PathEscape(db.Name()) + "/_design/" + url.PathEscape(db.Design(datastore.Functions)) + "/_show/wh/" + url.PathEscape(string(e.Function))
	query := params.Encode(e.Params)
	header := http.Header{"Accept": {"application/json"}}
	header.Set(queryserver.RunHeader, askFor(e).String())
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

// readEnvelope reads the answer of our own query server.
func readEnvelope(body []byte, run RunID) (Evaluated, error) {
	var env queryserver.Envelope
	if err := json.Unmarshal(body, &env); err != nil {
		return Evaluated{}, fmt.Errorf("the query server's envelope is malformed: %w", err)
	}
	ev := Evaluated{Outcome: Outcome(env.Outcome), Value: env.Result, Rev: env.Rev, Place: InOurs}
	if env.Run != string(run) || !ev.Outcome.Known() {
		return Evaluated{}, fmt.Errorf("the query server answered run %q with outcome %q", env.Run, env.Outcome)
	}
	if env.Error != nil {
		ev.Error = &Error{Message: env.Error.Message, Line: env.Error.Line, Column: env.Error.Column, Source: env.Error.Source}
	}
	if env.Logs != nil {
		if err := json.Unmarshal(env.Logs, &ev.Logs); err != nil {
			return Evaluated{}, fmt.Errorf("the query server's logs are malformed: %w", err)
		}
	}
	if env.Missed != nil {
		if err := json.Unmarshal(env.Missed, &ev.Missed); err != nil {
			return Evaluated{}, fmt.Errorf("the query server's list of absent parameters is malformed: %w", err)
		}
	}
	return ev, nil
}

// askFor is what our query server is told about a run.
func askFor(e Evaluation) queryserver.Ask {
	rehearsal := e.Origin == FromRehearsal
	return queryserver.Ask{
		Run: string(e.Run), TimeZone: e.TimeZone, Deadline: e.Deadline, Now: e.Now,
		Account: string(e.Account), Root: string(e.Root), Rehearsal: rehearsal, Explain: rehearsal,
	}
}

// readAsJSON reports whether a parameter has one of the names whose values CouchDB reads as JSON in a show's query, refusing
// what is none (couch_httpd:json_query_keys). In a form they are text like any other.
func readAsJSON(params map[string]string) bool {
	for _, name := range []string{"key", "startkey", "endkey", "descending"} {
		if _, ok := params[name]; ok {
			return true
		}
	}
	return false
}
