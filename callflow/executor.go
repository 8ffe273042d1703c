package callflow

import (
	"context"
	"time"

	"callfn/internal/function"
	"callfn/internal/pattern"
)

// The limits of one call, where an Executor names none. KAZOO's own is the first one
// (system_config/callflow.max_branch_count).
const (
	DefaultBranchLimit = 50
	DefaultStepLimit   = 1000
)

// Executor walks calls through callflows with KAZOO's semantics (cf_exe.erl; docs/reference/kazoo.md#executor). It
// holds no state of any call and is safe for concurrent use as long as what it is made of is.
//
// Not part of it: KAZOO's token buckets (cf_util:token_check), call recording and restrictions before the first node,
// and termination handlers.
type Executor struct {
	Runner      Runner
	Directory   Directory
	Modules     Modules                // nil for DefaultModules
	Flows       function.FlowValidator // checks flows that web servers return; nil for no checks beyond their shape
	Patterns    *pattern.Cache         // keeps compiled patterns of modules; nil for none
	Rules       RuleSwitch             // keeps what callers change of time rules; nil where they may not
	BranchLimit int                    // how often one call may branch; 0 for DefaultBranchLimit
	StepLimit   int                    // how many nodes one call may visit; 0 for DefaultStepLimit
}

// Walk is one call to be walked through one flow.
type Walk struct {
	Call     *Call
	Flow     Node
	Switch   Control
	Origin   function.Origin
	TimeZone string     // IANA name for functions' Date and time rules; empty for UTC
	Began    time.Time  // when the call began, for time rules
	Pretend  bool       // Began is made up: functions get it for their Date too
	Enter    func(Step) // told of every step when it begins, from the goroutine of Run; may be nil
	Observe  func(Step) // told of every step when it is over, likewise; may be nil
}

// Run walks the call to its end and says how it ended. It always returns: a walk is bounded by the branch limit, the
// step limit, the depth of the flows and, through the switch, ctx. When the walk ends and the call does not, it hangs
// up.
func (e *Executor) Run(ctx context.Context, w Walk) Ended {
	walk := newWalker(e, w)
	ended := walk.run(ctx)
	if gone, ok := w.Switch.Gone(); ok {
		return final(ended, gone)
	}
	// The walk is over even where ctx is: the caller must not be left in silence.
	if err := w.Switch.Hangup(context.WithoutCancel(ctx), ended.Cause); err != nil && !hungUp(err) {
		ended.Hint = "the switch did not hang up: " + err.Error()
	}
	if ended.Cause == "" {
		ended.Cause = normalClearing
	}
	return ended
}

// normalClearing is the cause that the switch gives when it is asked to hang up without one.
const normalClearing = "NORMAL_CLEARING"

// final prefers the reason the walk has of its own over what the switch says.
func final(ended, gone Ended) Ended {
	switch ended.How {
	case EndBranchLimit, EndStepLimit, EndCancelled:
		return ended
	}
	return gone
}
