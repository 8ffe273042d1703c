package callflow

import (
	"encoding/json"

	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

// Outcome is the outcome of one step. Function steps have the function's outcome (runs.Outcomes), all others one of the
// constants here.
type Outcome string

// The outcomes of steps that run no function; Done is also a function's `ok`.
const (
	Done          Outcome = "ok"             // the module did its work
	Skipped       Outcome = "skipped"        // data.skip_module is true
	UnknownModule Outcome = "unknown_module" // KAZOO has no such module
	NotSimulated  Outcome = "not_simulated"  // a KAZOO module that needs more than callfn has; see the note
	Crashed       Outcome = "crashed"        // the module broke; the call goes on at `_`
	Failed        Outcome = "failed"         // the module could not do its work; see the note
	Unsupported   Outcome = "unsupported"    // this call's switch cannot do what the module needs; see the note
	HungUp        Outcome = "hung_up"        // the call was over before the module was done
)

// Step is one visit of one node. Traces, records and live views consist of Steps.
type Step struct {
	Index int `json:"index"` // from 1
	Depth int `json:"depth"` // number of branches between the first flow and this node's flow
	// Via is how the walk got here: `start`, `child`, `branch`, `replace` or `resume`.
	Via     string           `json:"via"`
	Parent  int              `json:"parent,omitempty"` // the Index of the step that led here
	Key     string           `json:"key,omitempty"`    // key of this node among Parent's children
	Module  string           `json:"module"`
	Data    jsonvalue.Object `json:"data"`
	Outcome Outcome          `json:"outcome"`
	// AtMS is when the step began, since the begin of the call. In a rehearsal functions take no time on this clock.
	AtMS int64 `json:"at_ms"`
	// DurationMS is how long the step took: on the call's clock, or for a function as measured.
	DurationMS float64       `json:"duration_ms"`
	Commands   []Command     `json:"asks,omitempty"`
	Function   *FunctionStep `json:"function,omitempty"`
	Next       Move          `json:"next"`
	Notes      []string      `json:"notes,omitempty"`
}

// The values of Step.Via.
const (
	ViaStart   = "start"   // the first node
	ViaChild   = "child"   // the child Key of the step before
	ViaBranch  = "branch"  // the first node of a flow that the step before branched to
	ViaReplace = "replace" // the first node of a flow that replaced the one before
	ViaResume  = "resume"  // the `_` child of an earlier step, taken up again after its branch stopped
)

// Command is one command of a module to the switch, under KAZOO's dialplan names
// (docs/reference/kazoo.md#call-commands).
type Command struct {
	Name string         `json:"command"`
	Args map[string]any `json:"args,omitempty"`
}

// Move is how the walk continued after a step.
type Move struct {
	Op     string `json:"op"`               // continue, branch, replace, stop, hard_stop or wait
	Key    string `json:"key,omitempty"`    // the child taken, for continue
	Wanted string `json:"wanted,omitempty"` // the requested child, if it does not exist
	Cause  string `json:"cause,omitempty"`  // the requested hangup cause, for stop
}

// FunctionStep is the result of a function step's function.
type FunctionStep struct {
	ID       function.ID      `json:"id"`
	Name     string           `json:"name,omitempty"` // in rehearsals through the API, which looks it up
	Run      runs.ID          `json:"run,omitempty"`
	Outcome  runs.Outcome     `json:"outcome"`
	Flow     jsonvalue.Object `json:"flow,omitzero"`      // the flow it returned, with defaults filled in, when ok
	Returned json.RawMessage  `json:"returned,omitempty"` // rehearsals: the flow as the function returned it, when ok
	// Result is what the function returned instead of a valid flow, if anything.
	Result json.RawMessage `json:"result,omitempty"`
	Error  *function.Error `json:"error,omitempty"`
	Logs   []string        `json:"logs,omitempty"`
	Levels []string        `json:"log_levels,omitempty"` // level of each line of Logs, if any is not log
	Hints  []string        `json:"hints,omitempty"`      // rehearsals: probable mistakes
	// Effects are what the function would have changed and asked outside, in rehearsals, where it did neither.
	Effects []runs.Effect `json:"effects,omitempty"`
}

// note adds one sentence for the reader of the trace.
func (s *Step) note(text string) { s.Notes = append(s.Notes, text) }

// Ended is how a call ended.
type Ended struct {
	How   How    `json:"how"`
	Cause string `json:"cause,omitempty"` // such as NORMAL_CLEARING, or a SIP response
	Hint  string `json:"hint,omitempty"`  // what to do about it, unless the end was a plain one
}

// How is one of a closed set of ways a call ends.
type How string

// The ways a call ends.
const (
	EndHangup      How = "hangup"         // a module hung up
	EndFlow        How = "flow_ended"     // nothing left to run; the platform hung up
	EndResponse    How = "responded"      // a final SIP response was given
	EndCaller      How = "caller_hung_up" // the caller hung up
	EndAnswered    How = "answered"       // somebody answered, and they have finished talking
	EndBranchLimit How = "branch_limit"   // too many branches; the platform hung up
	EndStepLimit   How = "step_limit"     // too many steps; the platform hung up
	EndCancelled   How = "cancelled"      // the caller of Run cancelled the walk
	EndNoCallflow  How = "no_callflow"    // no callflow answers the call
)

// Endings lists the ways a call ends.
func Endings() []How {
	return []How{
		EndHangup, EndFlow, EndResponse, EndCaller, EndAnswered, EndBranchLimit, EndStepLimit, EndCancelled, EndNoCallflow,
	}
}
