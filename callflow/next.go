package callflow

import "errors"

// ErrEmptyChild is returned by Turn.Attempt for a child that does not exist or is empty (cf_exe:attempt).
var ErrEmptyChild = errors.New("no such child, or an empty one")

// Next tells the executor how to continue after a module (cf_exe.erl; docs/reference/kazoo.md#executor). With the zero
// Next the executor waits until the call is over.
type Next struct {
	op    op
	key   string
	flow  Node
	cause string
}

type op int

const (
	opWait op = iota
	opContinue
	opBranch
	opReplace
	opStop
	opHardStop
)

// Continue continues at the `_` child, or stops if there is none.
func Continue() Next { return ContinueAt(Wildcard) }

// ContinueAt continues at the child under key, else at `_`, or stops if neither exists.
func ContinueAt(key string) Next { return Next{op: opContinue, key: key} }

// Branch runs another flow, and afterwards this node's `_` child.
func Branch(flow Node) Next { return Next{op: opBranch, flow: flow} }

// Replace runs another flow in place of the rest of this one (cf_exe:continue_with_flow).
func Replace(flow Node) Next { return Next{op: opReplace, flow: flow} }

// Stop ends this flow. The flow that branched to it continues, or the call ends.
func Stop() Next { return Next{op: opStop} }

// StopWith is Stop with a hangup cause for the case that no flow is left.
func StopWith(cause string) Next { return Next{op: opStop, cause: cause} }

// HardStop ends the call, even if other flows are left.
func HardStop() Next { return Next{op: opHardStop} }
