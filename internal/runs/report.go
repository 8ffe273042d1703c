package runs

import (
	"encoding/json"
	"time"
)

// Report is what a place made of a run.
type Report struct {
	Run     ID
	Outcome Outcome
	Value   json.RawMessage // what the function returned: JSON, not validated as a flow
	Error   *Failure        // set unless Outcome is OK
	Logs    []string        // captured console and log lines, bounded
	Levels  []string        // of each line; nil where all are "log"
	Missed  []string        // absent parameters that the function read, where the place can tell; rehearsals only
	Rev     string          // revision of the document that ran, where the place can tell
	Place   Place           // where it ran; "" when it ran nowhere

	Effects []Effect // rehearsals: what it would have changed and asked outside, in order

	Calls  []HostCall    // what it asked of its bindings, in order
	Waited time.Duration // for the answers, which is no part of the deadline
	// Revealed are the secrets that the function read in plain text: records leave them out, also of its result.
	Revealed []string

	// Settled is set where the place had not answered when the run was given up. It gives what the place said in the end,
	// if it said anything, and is closed. Until then nobody knows whether the function ran at all.
	Settled <-chan Outcome
}

// Hide applies hide to the texts beside the value that people read: log lines and the failure's.
func (r *Report) Hide(hide func(string) string) {
	for i, line := range r.Logs {
		r.Logs[i] = hide(line)
	}
	if r.Error != nil {
		hidden := *r.Error
		hidden.Message, hidden.Source, hidden.Hint = hide(hidden.Message), hide(hidden.Source), hide(hidden.Hint)
		r.Error = &hidden
	}
}

// Place says where a function ran.
type Place string

// The places.
const (
	InShow   Place = "show"   // a show on an engine of others
	InOurs   Place = "callfn" // a show on our query server, whoever asked it: the embedded node or CouchDB
	InDirect Place = "direct" // the service's own processes, without a show
	InDraft  Place = "draft"  // the service's own sandbox, source that is stored nowhere
)
