package function

import (
	"encoding/json"
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

// readBare reads the answer of an engine that is not ours. A 200 is the bare value that the function returned; whether it is
// a flow is checked later. `wh` answers failures with a message; a reason is CouchDB's own (couchdb-facts, table of answers).
func readBare(status int, body []byte, db *datastore.Database) (Evaluated, error) {
	if status == http.StatusOK {
		if len(strings.TrimSpace(string(body))) == 0 {
			return Evaluated{Outcome: NoFlow, Error: &Error{Message: "the show answered with an empty body"}}, nil
		}
		if !json.Valid(body) {
			return Evaluated{Outcome: InvalidFlow, Error: &Error{Message: "the show answered with something that is no JSON"}}, nil
		}
		return Evaluated{Outcome: OK, Value: json.RawMessage(strings.TrimSpace(string(body)))}, nil
	}
	var b bareBody
	if json.Unmarshal(body, &b) != nil {
		return Evaluated{}, fmt.Errorf("%s answered status %d without JSON", db.Connection().Address(), status)
	}
	if o := Outcome(b.Error); b.Message != "" && o.Known() && o != OK && o != EngineDown {
		return Evaluated{Outcome: o, Error: &Error{Message: b.Message, Line: b.Line, Column: b.Column}}, nil
	}
	return readCouch(status, b, db)
}

// readCouch tells what CouchDB itself says went wrong.
func readCouch(status int, b bareBody, db *datastore.Database) (Evaluated, error) {
	reason := b.Reason
	if len(reason) > 1000 {
		reason = strings.ToValidUTF8(reason[:1000], "") + "…"
	}
	switch {
	case status == http.StatusNotFound && (reason == "document not found" || reason == "deleted"):
		return Evaluated{Outcome: NotFound, Error: &Error{Message: "no such function in this account"}}, nil
	case status == http.StatusNotFound:
		return Evaluated{}, fmt.Errorf("%s has no show functions/wh for database %s (%s): install the design document by starting `callfn serve` with write access",
			db.Connection().Address(), db.Name(), reason)
	case strings.Contains(reason, "blocked by CSP") || strings.Contains(reason, "EvalError"):
		return Evaluated{}, fmt.Errorf("%s blocks `new Function`: register `callfn queryserver` as language callfn there, or start couchjs with --eval",
			db.Connection().Address())
	case strings.Contains(reason, "timed out"):
		return Evaluated{Outcome: Timeout, Error: &Error{Message: "CouchDB stopped the function: " + reason}}, nil
	case b.Error == "os_process_error" || strings.Contains(reason, "exit_status"):
		return Evaluated{Outcome: Crashed, Error: &Error{Message: "CouchDB's JavaScript process died under the function: " + reason}}, nil
	case b.Error == "render_error" || b.Error == "TypeError" || b.Error == "InternalError":
		return Evaluated{Outcome: Threw, Error: &Error{Message: reason}}, nil
	}
	return Evaluated{}, fmt.Errorf("%s answered status %d %s: %s", db.Connection().Address(), status, b.Error, reason)
}
