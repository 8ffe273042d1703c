package callflow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"callfn/internal/account"
	"callfn/internal/function"
	"callfn/internal/pattern"
	"callfn/internal/runs"
)

// Module executes one kind of node and returns how to continue. It may change the turn's call, but never the node's
// data.
type Module func(ctx context.Context, t *Turn) Next

// Modules is a table of modules by name.
type Modules map[string]Module

// defaultModules is one table shared by all walks, which only read it.
var defaultModules = sync.OnceValue(DefaultModules)

// DefaultModules returns the modules that callfn executes.
func DefaultModules() Modules {
	return Modules{
		"answer":          answer,
		"audio_macro":     audioMacro,
		"branch_bnumber":  branchBnumber,
		"branch_variable": branchVariable,
		"callflow":        jump,
		"check_cid":       checkCID,
		"cidlistmatch":    cidlistmatch,
		"collect_dtmf":    collectDTMF,
		"dead_air":        deadAir,
		"device":          device,
		"flush_dtmf":      flushDTMF,
		"function":        runFunction,
		"hangup":          hangup,
		"language":        language,
		"menu":            menu,
		"noop":            noop,
		"offnet":          resources,
		"pivot":           pivot,
		"play":            play,
		"prepend_cid":     prependCID,
		"resources":       resources,
		"response":        response,
		"ring_group":      ringGroup,
		"set_cid":         setCID,
		"set_variable":    setVariable,
		"set_variables":   setVariables,
		"sleep":           sleep,
		"temporal_route":  temporalRoute,
		"tts":             tts,
		"user":            user,
		"voicemail":       voicemail,
		"wait_for_hangup": waitForHangup,
		"webhook":         webhook,
	}
}

// Runner runs one stored function for one call. function.Runner implements it. The Runner checks whether the account
// may run the function and whether it is enabled, and it enforces the deadline and the validity of the flow.
type Runner interface {
	Run(ctx context.Context, r function.Request) function.Result
}

// Turn is the input of a module: its node's data, the call and the switch.
type Turn struct {
	Data   Data
	Call   *Call
	Switch Control

	node      Node
	step      *Step
	runner    Runner
	directory Directory
	patterns  *pattern.Cache
	origin    function.Origin
	timeZone  string
	now       func() time.Time
	pretend   bool
	outside   *runs.Outside
	flows     function.FlowValidator
	rules     RuleSwitch
	switched  map[string]*bool // time rules as this call switched them: on, off, or nil for by the clock
}

// Account returns the call's account.
func (t *Turn) Account() account.ID { return t.Call.Account }

// Keys lists the keys of the node's children, except the wildcard.
func (t *Turn) Keys() []string { return t.node.Keys() }

// Attempt continues at the child under key if it exists and is not empty. Unlike ContinueAt it has no fallback.
func (t *Turn) Attempt(key string) (Next, error) {
	if child, ok := t.node.Child(key); !ok || child.Empty() {
		return Next{}, ErrEmptyChild
	}
	return ContinueAt(key), nil
}

// Outcome sets the outcome of the step. The default is Done.
func (t *Turn) Outcome(o Outcome) { t.step.Outcome = o }

// Note adds one sentence for the reader of the trace.
func (t *Turn) Note(text string) { t.step.note(text) }

// keys shows the keys that a caller pressed. For a real call it shows only their count, since keys often are PINs.
func (t *Turn) keys(digits string) string {
	switch {
	case t.origin != function.FromCall || digits == "":
		return digits
	case len(digits) == 1:
		return "1 key"
	}
	return fmt.Sprintf("%d keys", len(digits))
}

// fail sets the step's outcome for a Control method's error.
func (t *Turn) fail(err error) {
	switch {
	case hungUp(err):
		t.Outcome(HungUp)
		t.Note("the call was over before this was done")
		return
	case errors.Is(err, ErrUnsupported):
		return // the walker records it
	}
	t.Outcome(Failed)
	t.Note("the switch says: " + err.Error())
}
