package callflow

import "errors"

// ErrEmptyChild is what Turn.Attempt answers when the child does not exist or is empty (cf_exe:attempt).
var ErrEmptyChild = errors.New("no such child, or an empty one")

// Next is what a module tells the executor to do after it (cf_exe.erl; docs/reference/kazoo.md#executor). The zero Next
// tells nothing: the executor waits until the call is over.
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

// Continue goes on at the `_` child, or stops when there is none.
func Continue() Next { return ContinueAt(Wildcard) }

// ContinueAt goes on at the child under key, else at `_`, or stops when there is neither.
func ContinueAt(key string) Next { return Next{op: opContinue, key: key} }

// Branch runs another flow, and afterwards this node's `_` child.
func Branch(flow Node) Next { return Next{op: opBranch, flow: flow} }

// Replace runs another flow in place of what is left of this one (cf_exe:continue_with_flow).
func Replace(flow Node) Next { return Next{op: opReplace, flow: flow} }

// Stop ends this flow: the one that was branched from goes on, or the call ends.
func Stop() Next { return Next{op: opStop} }

// StopWith is Stop with a hangup cause, for when nothing is left to go on with.
func StopWith(cause string) Next { return Next{op: opStop, cause: cause} }

// HardStop ends the call, whatever is left to go on with.
func HardStop() Next { return Next{op: opHardStop} }
