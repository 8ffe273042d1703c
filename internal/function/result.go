package function

import (
	"context"
	"encoding/json"
	"time"

	"callfn/internal/account"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
	"callfn/schemas"
)

// ID names a function document: 32 lower-case hex digits, made by the server (docs/reference/kazoo.md#ids-and-times).
type ID string

// Origin says on whose behalf a function runs.
type Origin string

// The origins. Only a call's runs count against a function, and no other run delays a call. A rehearsal has no effect
// outside; a program's run by the API has the effects of a call's.
const (
	FromCall      Origin = "call"
	FromRehearsal Origin = "rehearsal"
	FromAPI       Origin = "api"
)

// Origins lists every origin.
func Origins() []Origin { return []Origin{FromCall, FromRehearsal, FromAPI} }

// Request asks for one run of a stored function.
type Request struct {
	Account  account.ID        // whose call it is; only this account's functions may run
	Function ID                // which function
	CallID   string            // SIP Call-ID of the call, for logs and records; may be empty
	Params   map[string]string // the flat parameters, as the function sees them in `call`
	TimeZone string            // IANA name for the function's Date, "" for UTC
	Now      time.Time         // what the function's Date begins at, in a rehearsal; zero for the real time
	Origin   Origin
	Outside  *runs.Outside // of a rehearsal
	ForValue bool          // a program wants the value that the function returns: any JSON, which is not checked as a flow
	Source   string        // the function's text, where the caller has it at hand: for the line in an error
}

// Draft asks for one run of source text that is stored nowhere.
type Draft struct {
	Source   string
	Account  account.ID
	Params   map[string]string
	TimeZone string
	Now      time.Time       // what the function's Date begins at; zero for the real time
	Bindings json.RawMessage // what it declares that it uses; nil for nothing
	ForValue bool            // see Request.ForValue
	Outside  *runs.Outside

	// the stored function that the text may replace: the run is recorded as a rehearsal of it; may be empty
	Function ID
	CallID   string // for the record
}

// Result is what came of one run. Exactly one of Flow and Error is set; of a run for its value, at most Error.
type Result struct {
	Run      runs.ID
	Outcome  runs.Outcome
	Value    json.RawMessage  // what the function returned, where it returned anything; not validated unless runs.OK
	Flow     map[string]any   // the validated flow with every module's defaults filled in, when runs.OK
	Order    *jsonvalue.Order // of Flow's members, as the function wrote them
	Error    *Error           // what went wrong, when not runs.OK
	Logs     []string         // captured console and log lines, bounded
	Levels   []string         // how each line was logged: log, info, warn, error or debug; nil when all are log
	Hints    []string         // rehearsals: what looks like a mistake, such as a parameter that is not set
	Duration time.Duration    // wall time of the run as the caller saw it
	Rev      string           // revision of the document that ran, where the place can tell
	Calls    []runs.HostCall  // what it asked of its bindings
	Waited   time.Duration    // for the answers
	Revealed []string         // secrets that it read in plain text: whatever is kept leaves them out
	Effects  []runs.Effect    // rehearsals: what it would have changed and asked outside
	Place    runs.Place       // where it ran, "" when it ran nowhere

	settled <-chan runs.Outcome
}

// Blame is how the function itself ended: Outcome as a rule. Where the run was given up before the place had answered,
// it waits for what the place says in the end, which may be seconds; "" when it says nothing, and when ctx ends first.
func (r Result) Blame(ctx context.Context) runs.Outcome {
	if r.settled == nil {
		return r.Outcome
	}
	select {
	case o := <-r.settled:
		return o
	case <-ctx.Done():
		return ""
	}
}

// Open reports whether Blame has to wait.
func (r Result) Open() bool { return r.settled != nil }

// Error explains a run that gave no flow, for a telecom admin.
type Error struct {
	runs.Failure
	// Fields has KAZOO's field errors of invalid_flow (docs/reference/kazoo.md#validation-errors).
	Fields schemas.FieldErrors `json:"fields,omitempty"`
}

// NewError makes an Error of a message and what to do next, which may be "".
func NewError(message, hint string) *Error {
	return &Error{Failure: runs.Failure{Message: message, Hint: hint}}
}
