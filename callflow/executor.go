package callflow

import (
	"context"
	"time"

	"callfn/internal/function"
	"callfn/internal/pattern"
	"callfn/internal/runs"
)

// The default limits of one call. The first is KAZOO's own (system_config/callflow.max_branch_count).
const (
	DefaultBranchLimit = 50
	DefaultStepLimit   = 1000
)

// Executor runs calls through callflows with KAZOO's semantics (cf_exe.erl; docs/reference/kazoo.md#executor). It holds
// no state of a call, and is safe for concurrent use if its parts are.
//
// It leaves out KAZOO's token buckets (cf_util:token_check), call recording and restrictions before the first node, and
// termination handlers.
type Executor struct {
	Runner      Runner
	Directory   Directory
	Modules     Modules                // nil for DefaultModules
	Flows       function.FlowValidator // checks flows that web servers return; nil for no checks beyond their shape
	Patterns    *pattern.Cache         // caches compiled patterns of modules; nil for none
	Rules       RuleSwitch             // stores how callers switch time rules; nil if they may not
	BranchLimit int                    // branches per call; 0 for DefaultBranchLimit
	StepLimit   int                    // nodes per call; 0 for DefaultStepLimit
}

// Walk is one call to run through one flow.
type Walk struct {
	Call     *Call
	Flow     Node
	Switch   Control
	Origin   function.Origin
	TimeZone string        // IANA name for functions' Date and time rules; empty for UTC
	Began    time.Time     // when the call began, for time rules
	Outside  *runs.Outside // what a rehearsal's functions have in place of the outside world; nil for a real call
	Pretend  bool          // Began is made up, so functions get it for their Date too
	Enter    func(Step)    // called when a step begins, in the goroutine of Run; may be nil
	Observe  func(Step)    // called when a step is over, in the same goroutine; may be nil
}

// Run runs the call to its end and returns how it ended. It always returns: the branch limit, the step limit, the depth
// of the flows and, through the switch, ctx bound the walk. If the walk ends before the call, Run hangs up.
func (e *Executor) Run(ctx context.Context, w Walk) Ended {
	walk := newWalker(e, w)
	ended := walk.run(ctx)
	if gone, ok := w.Switch.Gone(); ok {
		return final(ended, gone)
	}
	// Hang up even if ctx has ended: the caller must not be left in silence.
	if err := w.Switch.Hangup(context.WithoutCancel(ctx), ended.Cause); err != nil && !hungUp(err) {
		ended.Hint = "the switch did not hang up: " + err.Error()
	}
	if ended.Cause == "" {
		ended.Cause = normalClearing
	}
	return ended
}

// normalClearing is the switch's cause for a hangup requested without one.
const normalClearing = "NORMAL_CLEARING"

// final prefers the walk's own reason for the end over the switch's.
func final(ended, gone Ended) Ended {
	switch ended.How {
	case EndBranchLimit, EndStepLimit, EndCancelled:
		return ended
	}
	return gone
}
