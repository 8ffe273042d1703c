package runs

import "slices"

// Outcome says how one run of a function ended. The set is closed; a timeout is never reported as anything else.
type Outcome string

// The outcomes. Only OK carries a flow.
const (
	OK          Outcome = "ok"           // a flow that validates came back
	NoFlow      Outcome = "no_flow"      // the function returned nothing
	InvalidFlow Outcome = "invalid_flow" // the function returned something that is no valid flow
	Syntax      Outcome = "syntax"       // the function body does not parse
	Threw       Outcome = "threw"        // the function threw, a stack overflow included
	Timeout     Outcome = "timeout"      // the deadline passed
	Memory      Outcome = "memory"       // the memory cap was reached
	Crashed     Outcome = "crashed"      // the worker process died under the function
	TooLarge    Outcome = "too_large"    // result or parameters above their size limit
	Disabled    Outcome = "disabled"     // the function is switched off
	NotFound    Outcome = "not_found"    // absent, deleted, of another type or of another account: one answer for all
	Refused     Outcome = "refused"      // not run: another language pack, a full queue, a malformed request
	EngineDown  Outcome = "engine_down"  // the place that evaluates functions did not answer
)

var outcomes = []Outcome{
	OK, NoFlow, InvalidFlow, Syntax, Threw, Timeout, Memory, Crashed, TooLarge, Disabled, NotFound, Refused, EngineDown,
}

// Outcomes lists every outcome, in the order documentation shows them.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// Known reports whether o belongs to the closed set.
func (o Outcome) Known() bool { return slices.Contains(outcomes, o) }

// ReportedByShow reports whether the show `wh` itself can tell that a run ended so. The other outcomes are the
// sandbox's or the service's to tell, and a function must not be able to claim them.
func (o Outcome) ReportedByShow() bool {
	switch o {
	case Syntax, Threw, NoFlow, InvalidFlow, Memory, Disabled, NotFound, Refused:
		return true
	}
	return false
}
