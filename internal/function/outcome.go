package function

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
	// the platform would not run it: unknown language pack, full queue, malformed request
	Refused    Outcome = "refused"
	EngineDown Outcome = "engine_down" // the place that evaluates functions did not answer
)

// Outcomes lists every outcome, in the order documentation shows them.
func Outcomes() []Outcome {
	return []Outcome{
		OK, NoFlow, InvalidFlow, Syntax, Threw, Timeout, Memory, Crashed, TooLarge, Disabled, NotFound,
		Refused, EngineDown,
	}
}

// Known reports whether o belongs to the closed set.
func (o Outcome) Known() bool {
	for _, k := range Outcomes() {
		if o == k {
			return true
		}
	}
	return false
}
