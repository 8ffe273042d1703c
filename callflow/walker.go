package callflow

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"callfn/internal/clip"
	"callfn/internal/runs"
)

// walker is the state of one walk, the counterpart of cf_exe's process state. It loops instead of recursing: each round
// launches one node and then continues as its module says.
type walker struct {
	Walk
	exec     *Executor
	modules  Modules
	switched map[string]*bool // time rules that the call changed
	branches int              // branches left
	steps    int              // steps made

	node   Node // the one to launch next
	depth  int
	parent int
	via    string
	key    string
	stack  []frame // `_` children to take up again, innermost last
	ended  *Ended
}

// frame is a `_` child that waits for a branch to stop.
type frame struct {
	node   Node
	depth  int
	parent int
}

func newWalker(e *Executor, w Walk) *walker {
	walk := &walker{
		Walk: w, exec: e, switched: map[string]*bool{}, modules: e.Modules, branches: e.BranchLimit,
		node: w.Flow, via: ViaStart,
	}
	if walk.modules == nil {
		walk.modules = defaultModules()
	}
	if walk.branches == 0 {
		walk.branches = DefaultBranchLimit
	}
	if walk.Enter == nil {
		walk.Enter = func(Step) {}
	}
	if walk.Observe == nil {
		walk.Observe = func(Step) {}
	}
	return walk
}

func (w *walker) run(ctx context.Context) Ended {
	for w.ended == nil {
		w.round(ctx)
	}
	if err := context.Cause(ctx); err != nil && w.ended.How == EndFlow {
		w.cancelled(err) // the switch gave up first
	}
	return *w.ended
}

// round launches the current node and applies the result (cf_exe:launch_cf_module).
func (w *walker) round(ctx context.Context) {
	if err := context.Cause(ctx); err != nil {
		w.cancelled(err)
		return
	}
	if w.node.Empty() {
		w.stop("", false)
		return
	}
	limit := w.exec.StepLimit
	if limit == 0 {
		limit = DefaultStepLimit
	}
	if w.steps >= limit {
		w.end(EndStepLimit, "", fmt.Sprintf("more than %d steps: look for flows that go in circles", limit))
		return
	}
	w.steps++

	step := &Step{
		Index: w.steps, Depth: w.depth, Via: w.via, Parent: w.parent, Key: w.key, Module: w.node.Module(),
		Data: w.node.data(), Outcome: Done,
	}
	began := w.Switch.Now()
	step.AtMS = began.Milliseconds()
	w.Enter(*step)
	control := &recorder{Control: w.Switch, step: step}
	next := w.launch(ctx, step, control)
	if step.Function == nil {
		step.DurationMS = runs.Milliseconds(w.Switch.Now() - began)
	}
	w.apply(ctx, step, next, control.ended)
	w.Observe(*step)
}

// launch runs the node's module, if it should run (cf_exe:find_cf_module).
func (w *walker) launch(ctx context.Context, step *Step, control *recorder) Next {
	turn := &Turn{
		Data: w.node.Data(), Call: w.Call, Switch: control, node: w.node, step: step,
		runner: w.exec.Runner, directory: w.exec.Directory, patterns: w.exec.Patterns, origin: w.Origin, timeZone: w.TimeZone,
		now: w.now, pretend: w.Pretend, outside: w.Outside, flows: w.exec.Flows, rules: w.exec.Rules, switched: w.switched,
	}
	module, known := w.modules[step.Module]
	switch {
	case turn.Data.True("skip_module"):
		step.Outcome = Skipped
		return Continue()
	case !known:
		return unsimulated(turn)
	}
	if lacks, ok := lacking(control, step.Module, turn.Data); ok {
		return unsupported(turn, lacks)
	}
	next := guarded(ctx, module, turn)
	if control.lacks != "" {
		return unsupported(turn, control.lacks)
	}
	return next
}

// unsupported makes the step of a module that needs an ability the switch lacks: the walk continues at `_`.
func unsupported(t *Turn, lacks Ability) Next {
	t.Outcome(Unsupported)
	t.Note("this call's switch cannot " + string(lacks) + ": the walk goes on at `_`")
	return Continue()
}

// guarded runs a module. After a panic the walk continues at `_`, as cf_exe does after the death of a module process.
func guarded(ctx context.Context, module Module, turn *Turn) (next Next) {
	defer func() {
		if reason := recover(); reason != nil {
			turn.Outcome(Crashed)
			turn.Note(clip.Text(fmt.Sprintf("the module broke: %v", reason), 200))
			next = Continue()
		}
	}()
	return module(ctx, turn)
}

// apply continues as the module says. endedItself means that the module itself asked the switch to end the call.
// KAZOO's executor receives `stop` before it learns that the channel is gone, so it still starts the next flow.
func (w *walker) apply(ctx context.Context, step *Step, next Next, endedItself bool) {
	_, gone := w.Switch.Gone()
	gone = gone && !endedItself
	switch next.op {
	case opContinue:
		if gone {
			step.Next = Move{Op: "hard_stop"}
			w.end(EndFlow, "", "")
			return
		}
		w.continueAt(step, next.key)
	case opBranch:
		w.branch(step, next.flow)
	case opReplace:
		step.Next = Move{Op: "replace"}
		w.node, w.parent, w.via, w.key = next.flow, w.steps, ViaReplace, ""
	case opStop:
		step.Next = Move{Op: "stop", Cause: next.cause}
		w.stop(next.cause, gone)
	case opHardStop:
		step.Next = Move{Op: "hard_stop"}
		w.end(EndHangup, "", "")
	default:
		step.Next = Move{Op: "wait"}
		if err := w.Switch.WaitForHangup(ctx); err != nil && !hungUp(err) {
			step.note("the switch stopped waiting: " + err.Error())
		}
		w.end(EndFlow, "", "")
	}
}

// continueAt continues at the child under key, else at `_`, else stops. An empty child exists: the walk stops there.
func (w *walker) continueAt(step *Step, key string) {
	wanted := ""
	child, ok := w.node.Child(key)
	if !ok {
		wanted = key
		key = Wildcard
		child, ok = w.node.Child(key)
	}
	if !ok || child.Empty() {
		step.Next = Move{Op: "stop", Wanted: cmp.Or(wanted, key)}
		w.stop("", false)
		return
	}
	step.Next = Move{Op: "continue", Key: key, Wanted: wanted}
	w.node, w.parent, w.via, w.key = child, w.steps, ViaChild, key
}

// branch runs flow now and this node's `_` child afterwards. It checks the limit first, and reaching it ends the call
// whatever is on the stack.
func (w *walker) branch(step *Step, flow Node) {
	if w.branches <= 0 {
		step.Next = Move{Op: "hard_stop"}
		w.end(EndBranchLimit, "", "this call branched too often: look for a function or callflow that leads back to itself")
		return
	}
	step.Next = Move{Op: "branch"}
	w.branches--
	if child, ok := w.node.Child(Wildcard); ok && !child.Empty() {
		w.stack = append(w.stack, frame{node: child, depth: w.depth, parent: w.steps})
	}
	w.node, w.parent, w.via, w.key = flow, w.steps, ViaBranch, ""
	w.depth++
}

// stop continues the flow that branched to this one, or ends the call.
func (w *walker) stop(cause string, gone bool) {
	if gone || len(w.stack) == 0 {
		w.end(endOf(cause), cause, "")
		return
	}
	top := w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	w.node, w.depth, w.parent, w.via, w.key = top.node, top.depth, top.parent, ViaResume, Wildcard
}

func endOf(cause string) How {
	if cause != "" {
		return EndHangup
	}
	return EndFlow
}

func (w *walker) end(how How, cause, hint string) {
	w.ended = &Ended{How: how, Cause: cause, Hint: hint}
}

func (w *walker) cancelled(err error) {
	w.end(EndCancelled, "", "the walk was given up: "+err.Error())
}

// now returns the current time of the call.
func (w *walker) now() time.Time { return w.Began.Add(w.Switch.Now()) }
