package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"callfn/internal/datastore"
)

// bareBody is a failed show: `wh`'s own form (error, message, line, column) or CouchDB's (error, reason).
type bareBody struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Reason  string `json:"reason"`
}

// server is what reading an answer may have to ask about the server that gave it.
type server interface {
	// address names it for people.
	address() string
	// sees reports whether our credentials are good for the database, our design document is in it, and so is the function.
	sees() (design, function bool, err error)
}

// readBare reads the answer of an engine that is not ours. A 200 is the bare value that the function returned; whether it is
// a flow is checked later. `wh` answers failures with a message; a reason is CouchDB's own (couchdb-facts, table of answers).
func readBare(status int, contentType string, body []byte, from server) (Evaluated, error) {
	if status == http.StatusOK {
		text := strings.TrimSpace(string(body))
		if text == "" {
			return Evaluated{Outcome: NoFlow, Error: &Error{Message: "the show answered with an empty body"}}, nil
		}
		if !json.Valid(body) && !strings.HasPrefix(contentType, "application/json") { // a gateway's page, perhaps
			return Evaluated{}, fmt.Errorf("%s answered with %.60q instead of JSON: check that the address is a CouchDB's", from.address(), contentType)
		}
		if !json.Valid(body) {
			return Evaluated{Outcome: InvalidFlow, Error: &Error{Message: "the show answered with something that is no JSON"}}, nil
		}
		return Evaluated{Outcome: OK, Value: json.RawMessage(text)}, nil
	}
	var b bareBody
	if json.Unmarshal(body, &b) != nil || b.Error == "" {
		return Evaluated{}, fmt.Errorf("%s answered status %d without saying why", from.address(), status)
	}
	if b.Error == string(Syntax) && strings.HasPrefix(b.Message, "EvalError:") { // no function gets as far as its own EvalError
		return Evaluated{}, blocked(from)
	}
	if b.Message != "" && b.Reason == "" {
		return reportedByWh(b), nil
	}
	return readCouch(status, b, from)
}

// reportedByWh reads what `wh` says. It can know no more than these; the rest would be a function's claim.
func reportedByWh(b bareBody) Evaluated {
	e := &Error{Message: clip(b.Message), Line: b.Line, Column: b.Column}
	switch o := Outcome(b.Error); o {
	case Syntax, Threw, NoFlow, InvalidFlow, Memory, Disabled, Refused, NotFound:
		return Evaluated{Outcome: o, Error: e}
	}
	return Evaluated{Outcome: Threw, Error: e}
}

// readCouch tells what CouchDB itself says went wrong. Whatever a function can make CouchDB say is checked before it is believed.
func readCouch(status int, b bareBody, from server) (Evaluated, error) {
	reason := clip(b.Reason)
	threw := Evaluated{Outcome: Threw, Error: &Error{Message: reason}}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		return readRefusal(status, b, from)
	case strings.Contains(reason, "blocked by CSP"):
		return Evaluated{}, blocked(from)
	case b.Error == "unknown_query_language":
		return Evaluated{}, fmt.Errorf("%s has no query server for language %s: set COUCHDB_QUERY_SERVER_CALLFN=\"/usr/local/bin/callfn queryserver\" in its environment and restart it, or install the design documents with --functions-language javascript",
			from.address(), reason)
	case b.Error == "os_process_error" && strings.Contains(reason, "timed out"), b.Error == "timeout":
		return Evaluated{Outcome: Timeout, Error: &Error{Message: "CouchDB stopped the function: " + reason}}, nil
	case b.Error == "os_process_error", strings.Contains(reason, "exit_status"):
		return Evaluated{Outcome: Crashed, Error: &Error{Message: "CouchDB's JavaScript process died under the function: " + reason}}, nil
	case status == http.StatusInternalServerError && thrown(b.Error):
		return threw, nil
	}
	return Evaluated{}, fmt.Errorf("%s answered status %d %s: %s", from.address(), status, b.Error, reason)
}

// blocked is the error of an engine that compiles no functions.
func blocked(from server) error {
	return fmt.Errorf("%s blocks `new Function`: register `callfn queryserver` there as language callfn, or start couchjs with --eval", from.address())
}

// thrown reports whether an error word is one that CouchDB's own `show` gives for what a function threw. A function that throws
// {error: …} chooses the word; CouchDB's own failures have words of their own.
func thrown(word string) bool {
	switch word {
	case "unknown_error", "internal_server_error", "badmatch", "function_clause", "case_clause", "nocatch", "noproc", "error",
		"file_exists", "enospc", "eio", "emfile", "system_limit", "nodedown", "rexi_DOWN", "no_majority", "all_dbs_active",
		"callfn_error", "query_protocol_error", "not_supported":
		return false
	}
	return true
}

// readRefusal tells a refusal of CouchDB's from one that the function made: `throw ['error', 'unauthorized', …]` on an engine that
// runs the function inside CouchDB's own loop gives a perfect 401.
func readRefusal(status int, b bareBody, from server) (Evaluated, error) {
	design, function, err := from.sees()
	switch {
	case errors.Is(err, datastore.ErrUnauthorized):
		return Evaluated{}, fmt.Errorf("%s refuses the credentials (%s): check user name and password, and the functions database's security; `callfn doctor` tells", from.address(), clip(b.Reason))
	case errors.Is(err, datastore.ErrDatabaseMissing):
		return Evaluated{}, fmt.Errorf("%s has no functions database: run `callfn couchdb setup`", from.address())
	case err != nil:
		return Evaluated{}, err
	case !design:
		return Evaluated{}, fmt.Errorf("%s has no show functions/wh (%s): run `callfn couchdb setup`", from.address(), clip(b.Reason))
	case !function:
		return Evaluated{Outcome: NotFound, Error: &Error{Message: "no such function in this account"}}, nil
	case status == http.StatusNotFound && strings.HasPrefix(b.Reason, "missing"):
		return Evaluated{}, fmt.Errorf("%s's design document has no show wh (%s): run `callfn couchdb setup`", from.address(), clip(b.Reason))
	}
	return Evaluated{Outcome: Threw, Error: &Error{Message: "threw " + clip(b.Error+": "+b.Reason)}}, nil
}

// clip bounds a text that a function or a server chose.
func clip(text string) string {
	if len(text) <= 1000 {
		return text
	}
	return strings.ToValidUTF8(text[:1000], "") + "…"
}

// place is the server of one show.
type place struct {
	ctx      context.Context
	db       *datastore.Database
	function ID
}

func (p place) address() string { return p.db.Connection().Address() }

func (p place) sees() (design, function bool, err error) {
	if design, err = p.has("_design/" + p.db.Design(datastore.Functions)); err != nil || !design {
		return design, false, err
	}
	function, err = p.has(string(p.function))
	return design, function, err
}

func (p place) has(id string) (bool, error) {
	_, err := p.db.Get(p.ctx, id)
	if errors.Is(err, datastore.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
