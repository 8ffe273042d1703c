package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"callfn/couchapp"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/runs"
)

// bareBody is a failed show: `wh`'s own form (error, message, line, column) or CouchDB's (error, reason).
type bareBody struct {
	Error string `json:"error"`
	runs.Failure
	Reason string `json:"reason"`
}

// server is what reading an answer may have to ask about the server that gave it.
type server interface {
	// address names it for people.
	address() string
	// sees reports what is there for our credentials.
	sees() (sight, error)
}

// sight is what our credentials see of a functions database.
type sight struct {
	design   bool   // our design document is there
	language string // the design document's
	function bool   // the function's document is there
}

// readBare reads the answer of an engine that is not ours. A 200 is the bare value that the function returned; whether
// it is a flow is checked later. `wh` answers failures with a message; a reason is CouchDB's own
// (docs/reference/couchdb.md#answers-of-a-show). Only what `wh` or the engine itself says of a function is the
// function's failure. Every other answer is an error.
func readBare(status int, contentType string, body []byte, from server) (runs.Report, error) {
	if status == http.StatusOK {
		text := strings.TrimSpace(string(body))
		if text == "" {
			return runs.Report{
				Outcome: runs.NoFlow,
				Error:   &runs.Failure{Message: "the show answered with an empty body"},
			}, nil
		}
		if !json.Valid(body) && !strings.HasPrefix(contentType, "application/json") { // a gateway's page, perhaps
			return runs.Report{}, fmt.Errorf(
				"%s answered with %.60q instead of JSON: check that the address is a CouchDB's",
				from.address(),
				contentType,
			)
		}
		if !json.Valid(body) {
			return runs.Report{
				Outcome: runs.InvalidFlow,
				Error:   &runs.Failure{Message: "the show answered with something that is no JSON"},
			}, nil
		}
		return runs.Report{Outcome: runs.OK, Value: json.RawMessage(text)}, nil
	}
	var b bareBody
	if json.Unmarshal(body, &b) != nil || b.Error == "" {
		return runs.Report{}, fmt.Errorf("%s answered status %d without saying why", from.address(), status)
	}
	// no function gets as far as its own EvalError
	if b.Error == string(runs.Syntax) && strings.HasPrefix(b.Message, "EvalError:") {
		return runs.Report{}, blocked(from)
	}
	if b.Message == "" || b.Reason != "" {
		return readCouch(status, b, from)
	}
	if o := runs.Outcome(b.Error); answeredByWh(status, o) {
		return runs.Report{
			Outcome: o,
			Error:   &runs.Failure{Message: clip.Message(b.Message), Line: b.Line, Column: b.Column},
		}, nil
	}
	return runs.Report{}, fmt.Errorf(
		"%s answered status %d %s: %s",
		from.address(),
		status,
		clip.Message(b.Error),
		clip.Message(b.Message),
	)
}

// answeredByWh reports whether `wh`, or our query server for it, answers such a failure with this status. The rest is a
// gateway's word, or a function's claim.
func answeredByWh(status int, o runs.Outcome) bool {
	switch o {
	case runs.Disabled:
		return status == http.StatusForbidden
	case runs.NotFound:
		return status == http.StatusNotFound
	case runs.Refused:
		return status == http.StatusBadRequest || status == http.StatusServiceUnavailable
	case runs.Syntax, runs.Threw, runs.NoFlow, runs.InvalidFlow, runs.Memory:
		return status == http.StatusInternalServerError
	}
	return false
}

// readCouch tells what CouchDB itself says went wrong.
func readCouch(status int, b bareBody, from server) (runs.Report, error) {
	reason := clip.Message(b.Reason)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		return readRefusal(b, from)
	case strings.Contains(reason, "blocked by CSP"):
		return runs.Report{}, blocked(from)
	case b.Error == "unknown_query_language":
		return runs.Report{},
			fmt.Errorf(
				"%s has no query server for language %s: set COUCHDB_QUERY_SERVER_CALLFN=\"/usr/local/bin/callfn "+
					"queryserver\" in its environment and restart it, or install the design documents with --functions-language "+
					"javascript",
				from.address(),
				reason,
			)
	case status == http.StatusInternalServerError && b.Error == "timeout":
		return runs.Report{}, fmt.Errorf(
			"%s had no query server process free in time, or its cluster did not answer (%s): "+
				"compare its [query_server_config] os_process_limit with --couchdb-runs, and look at its log",
			from.address(),
			reason,
		)
	}
	outcome, message := engineSays(status, b.Error, reason)
	if outcome == "" {
		return runs.Report{}, fmt.Errorf("%s answered status %d %s: %s", from.address(), status, clip.Message(b.Error),
			reason)
	}
	// Our own query server says what a function did in its envelope: a bare failure is its own, or CouchDB's.
	switch s, err := from.sees(); {
	case err != nil:
		return runs.Report{}, fmt.Errorf(
			"%s answered status %d %s: %s, and cannot be asked more: %w",
			from.address(),
			status,
			clip.Message(b.Error),
			reason,
			err,
		)
	case s.language == couchapp.Callfn:
		return runs.Report{}, fmt.Errorf("%s answered status %d %s for its query server: %s; look at CouchDB's log",
			from.address(), status, clip.Message(b.Error), reason)
	}
	return runs.Report{Outcome: outcome, Error: &runs.Failure{Message: message}}, nil
}

// engineSays tells what a stock engine says of the function that it ran, and CouchDB of the process that ran it; ""
// where it says nothing of the function. CouchDB's own crashes have words without end (Erlang terms, error codes of the
// system), so these are the words that count.
func engineSays(status int, word, reason string) (runs.Outcome, string) {
	if status != http.StatusInternalServerError {
		return "", ""
	}
	switch word {
	case "render_error", "compilation_error", "unnamed_error", // share/server/render.js, util.js, loop.js
		"Error", "EvalError", "InternalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError",
		"AggregateError":
		return runs.Threw, reason
	case "os_process_error":
		if strings.Contains(reason, "timed out") {
			return runs.Timeout, "CouchDB stopped the function: " + reason
		}
		if m := exitStatus.FindStringSubmatch(reason); m != nil && !endedFromOutside[m[1]] {
			return runs.Crashed, "CouchDB's JavaScript process died under the function: " + reason
		}
	}
	return "", ""
}

// exitStatus is how CouchDB tells that a query server process ended.
var exitStatus = regexp.MustCompile(`^\{exit_status,(\d+)\}$`)

// endedFromOutside are the exit statuses of a process that somebody else ended (an administrator, the kernel out of
// memory), or that never began: SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM, and the shell's for a command that it cannot
// start.
var endedFromOutside = map[string]bool{
	"126": true, "127": true, "129": true, "130": true, "131": true, "137": true,
	"143": true,
}

// blocked is the error of an engine that compiles no functions.
func blocked(from server) error {
	return fmt.Errorf("%s blocks `new Function`: register `callfn queryserver` there as language callfn, or start "+
		"couchjs with --eval", from.address())
}

// readRefusal tells what a refusal of CouchDB's is about. None is the function's: `wh` catches what a function throws,
// and a node of a cluster may know other passwords than the next.
func readRefusal(b bareBody, from server) (runs.Report, error) {
	reason := clip.Message(b.Reason)
	s, err := from.sees()
	switch {
	case errors.Is(err, datastore.ErrUnauthorized):
		return runs.Report{}, fmt.Errorf(
			"%s refuses the credentials (%s): check user name and password, and the functions "+
				"database's security; `callfn doctor` tells",
			from.address(),
			reason,
		)
	case errors.Is(err, datastore.ErrDatabaseMissing):
		return runs.Report{}, fmt.Errorf("%s has no functions database: run `callfn couchdb setup`", from.address())
	case err != nil:
		return runs.Report{}, err
	case !s.design:
		return runs.Report{}, fmt.Errorf(
			"%s has no show functions/wh (%s): run `callfn couchdb setup`",
			from.address(),
			reason,
		)
	case !s.function:
		return runs.Report{
			Outcome: runs.NotFound,
			Error:   &runs.Failure{Message: "no such function in this account"},
		}, nil
	case b.Error == "not_found" && strings.HasPrefix(b.Reason, "missing"):
		return runs.Report{}, fmt.Errorf(
			"%s's design document has no show wh (%s): run `callfn couchdb setup`",
			from.address(),
			reason,
		)
	case b.Error == "not_found":
		return runs.Report{}, fmt.Errorf(
			"%s did not find what the show needs, which is there (%s)",
			from.address(),
			reason,
		)
	}
	return runs.Report{}, fmt.Errorf("%s refused a show and not the documents (%s: %s): is it a cluster whose nodes "+
		"differ in users or passwords?", from.address(), clip.Message(b.Error), reason)
}

// place is the server of one show.
type place struct {
	ctx      context.Context
	db       *datastore.Database
	function ID
}

func (p place) address() string { return p.db.Connection().Address() }

func (p place) sees() (s sight, err error) {
	design, err := p.db.Get(p.ctx, "_design/"+p.db.Design(datastore.Functions))
	if errors.Is(err, datastore.ErrNotFound) {
		return sight{}, nil
	}
	if err != nil {
		return sight{}, err
	}
	s.design, s.language = true, design.Text("language")
	_, err = p.db.Get(p.ctx, string(p.function))
	if errors.Is(err, datastore.ErrNotFound) {
		return s, nil
	}
	s.function = err == nil
	return s, err
}
