package callflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
)

// ruleModules each do one thing that a module can tell the executor; see TestExecutorRules.
func ruleModules(control *testSwitch) callflow.Modules {
	return callflow.Modules{
		"a": continues, "b": continues, "c": continues, "d": continues,
		"goto": func(_ context.Context, t *callflow.Turn) callflow.Next {
			return callflow.ContinueAt(t.Data.String("key"))
		},
		"attempt": func(_ context.Context, t *callflow.Turn) callflow.Next {
			next, err := t.Attempt(t.Data.String("key"))
			if err != nil {
				t.Note("attempt failed")
				return callflow.Stop()
			}
			return next
		},
		"branch": func(_ context.Context, t *callflow.Turn) callflow.Next {
			return callflow.Branch(callflow.NodeOf(t.Data.Object("flow")))
		},
		"stop":  func(context.Context, *callflow.Turn) callflow.Next { return callflow.Stop() },
		"busy":  func(context.Context, *callflow.Turn) callflow.Next { return callflow.StopWith("USER_BUSY") },
		"hard":  func(context.Context, *callflow.Turn) callflow.Next { return callflow.HardStop() },
		"panic": func(context.Context, *callflow.Turn) callflow.Next { panic("boom") },
		"wait":  func(context.Context, *callflow.Turn) callflow.Next { return callflow.Next{} },
		"caller hangs up": func(context.Context, *callflow.Turn) callflow.Next {
			control.gone = true
			return callflow.Continue()
		},
		"caller hangs up, stop": func(context.Context, *callflow.Turn) callflow.Next {
			control.gone = true
			return callflow.Stop()
		},
		"caller hangs up, branch": func(_ context.Context, t *callflow.Turn) callflow.Next {
			control.gone = true
			return callflow.Branch(callflow.NodeOf(t.Data.Object("flow")))
		},
		"hang up, stop": func(ctx context.Context, t *callflow.Turn) callflow.Next {
			_ = t.Switch.Hangup(ctx, "")
			return callflow.Stop()
		},
	}
}

func continues(context.Context, *callflow.Turn) callflow.Next { return callflow.Continue() }

// The rules of cf_exe.erl, one by one (docs/reference/kazoo.md#executor). Flows are written short: `module>child` for a
// `_` child, `module{key:child,…}` for others, and branch(flow) for the branching module.
func TestExecutorRules(t *testing.T) {
	const branchAB = `{"module":"branch","data":{"flow":{"module":"b"}},"children":{"_":{"module":"a"}}}`
	cases := []struct {
		rule    string
		flow    string
		want    string // the modules visited
		ended   callflow.How
		hangups string // what the platform requested of the switch at the end
	}{
		{"an empty flow ends the call", `{}`, "", callflow.EndFlow, "hangup()"},
		{
			"continue goes to `_`", `{"module":"a","children":{"_":{"module":"b"},"x":{"module":"c"}}}`, "a b", callflow.EndFlow,
			"hangup()",
		},
		{"continue(key) goes to that child", `{"module":"goto","data":{"key":"x"},"children":{"_":{"module":"b"},` +
			`"x":{"module":"c"}}}`, "goto c", callflow.EndFlow, "hangup()"},
		{"continue(key) falls back to `_`", `{"module":"goto","data":{"key":"y"},"children":{"_":{"module":"b"},` +
			`"x":{"module":"c"}}}`, "goto b", callflow.EndFlow, "hangup()"},
		{
			"continue(key) with neither stops", `{"module":"goto","data":{"key":"y"},"children":{"x":{"module":"c"}}}`, "goto",
			callflow.EndFlow, "hangup()",
		},
		{
			"an empty child is a child: no fallback, stop",
			`{"module":"goto","data":{"key":"x"},"children":{"_":{"module":"b"},"x":{}}}`, "goto", callflow.EndFlow, "hangup()",
		},
		{
			"a child that is no object is none", `{"module":"goto","data":{"key":"x"},"children":{"_":{"module":"b"},"x":null}}`,
			"goto b", callflow.EndFlow, "hangup()",
		},
		{
			"attempt goes to the child", `{"module":"attempt","data":{"key":"x"},"children":{"x":{"module":"c"}}}`, "attempt c",
			callflow.EndFlow, "hangup()",
		},
		{
			"attempt knows no fallback", `{"module":"attempt","data":{"key":"y"},"children":{"_":{"module":"b"}}}`, "attempt",
			callflow.EndFlow, "hangup()",
		},
		{
			"attempt of an empty child fails", `{"module":"attempt","data":{"key":"x"},"children":{"_":{"module":"b"},"x":{}}}`,
			"attempt", callflow.EndFlow, "hangup()",
		},
		{"branch runs the flow, then `_`", branchAB, "branch b a", callflow.EndFlow, "hangup()"},
		{
			"children other than `_` are not taken up",
			`{"module":"branch","data":{"flow":{"module":"b"}},"children":{"x":{"module":"a"}}}`, "branch b", callflow.EndFlow,
			"hangup()",
		},
		{
			"an empty `_` is not taken up", `{"module":"branch","data":{"flow":{"module":"b"}},"children":{"_":{}}}`, "branch b",
			callflow.EndFlow, "hangup()",
		},
		{
			"an empty flow stops at once", `{"module":"branch","data":{"flow":{}},"children":{"_":{"module":"a"}}}`, "branch a",
			callflow.EndFlow, "hangup()",
		},
		{
			"the innermost is taken up first",
			`{"module":"branch","data":{"flow":` + branchAB + `},"children":{"_":{"module":"c"}}}`, "branch branch b a c",
			callflow.EndFlow, "hangup()",
		},
		{"stop takes up `_`", `{"module":"branch","data":{"flow":{"module":"stop","children":{"_":{"module":"b"}}}},` +
			`"children":{"_":{"module":"a"}}}`, "branch stop a", callflow.EndFlow, "hangup()"},
		{
			"stop with nothing left ends the call", `{"module":"stop","children":{"_":{"module":"a"}}}`, "stop",
			callflow.EndFlow, "hangup()",
		},
		{"stop(cause) takes up `_` and forgets the cause", `{"module":"branch","data":{"flow":{"module":"busy"}},` +
			`"children":{"_":{"module":"a"}}}`, "branch busy a", callflow.EndFlow, "hangup()"},
		{
			"stop(cause) with nothing left hangs up with it", `{"module":"busy"}`, "busy", callflow.EndHangup,
			"hangup(USER_BUSY)",
		},
		{"hard stop ignores what is left", `{"module":"branch","data":{"flow":{"module":"hard"}},` +
			`"children":{"_":{"module":"a"}}}`, "branch hard", callflow.EndHangup, "hangup()"},
		{"skip_module goes on at `_`", `{"module":"hard","data":{"skip_module":true},"children":{"_":{"module":"a"},` +
			`"x":{"module":"b"}}}`, "hard=skipped a", callflow.EndFlow, "hangup()"},
		{
			"skip_module may be text", `{"module":"hard","data":{"skip_module":"true"},"children":{"_":{"module":"a"}}}`,
			"hard=skipped a", callflow.EndFlow, "hangup()",
		},
		{
			"an unknown module goes on at `_`", `{"module":"frobnicate","children":{"_":{"module":"a"}}}`,
			"frobnicate=unknown_module a", callflow.EndFlow, "hangup()",
		},
		{
			"so does one that is not executed", `{"module":"edr","children":{"_":{"module":"a"}}}`, "edr=not_simulated a",
			callflow.EndFlow, "hangup()",
		},
		{
			"and one that breaks", `{"module":"panic","children":{"_":{"module":"a"}}}`, "panic=crashed a", callflow.EndFlow,
			"hangup()",
		},
		{
			"a module that says nothing is waited for", `{"module":"wait","children":{"_":{"module":"a"}}}`, "wait",
			callflow.EndCaller, "",
		},
		{
			"continue ends when the channel is gone", `{"module":"caller hangs up","children":{"_":{"module":"a"}}}`,
			"caller hangs up", callflow.EndCaller, "",
		},
		{"so does stop, whatever is left", `{"module":"branch","data":{"flow":{"module":"caller hangs up, stop"}},` +
			`"children":{"_":{"module":"a"}}}`, "branch caller hangs up, stop", callflow.EndCaller, ""},
		{"branch does not look at the channel", `{"module":"caller hangs up, branch","data":{"flow":{"module":"b",` +
			`"children":{"_":{"module":"c"}}}}}`, "caller hangs up, branch b", callflow.EndCaller, ""},
		{
			"who hangs up and stops is followed once more", `{"module":"branch","data":{"flow":{"module":"hang up, stop"}},` +
				`"children":{"_":{"module":"a","children":{"_":{"module":"b"}}}}}`, "branch hang up, stop a", callflow.EndCaller,
			"hangup()",
		},
		{
			"a node without module goes on at `_`", `{"children":{"_":{"module":"a"}}}`, "=unknown_module a", callflow.EndFlow,
			"hangup()",
		},
		{
			"members of the wrong type read as empty", `{"module":"a","data":7,"children":[1]}`, "a", callflow.EndFlow,
			"hangup()",
		},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			control := &testSwitch{}
			executor := callflow.Executor{Modules: ruleModules(control)}
			got, ended := walk(t, context.Background(), executor, control, c.flow)
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("visited (-want +got):\n%s", diff)
			}
			if ended.How != c.ended {
				t.Errorf("ended %q, want %q", ended.How, c.ended)
			}
			if asked := strings.Join(control.asked, " "); asked != c.hangups {
				t.Errorf("the switch was asked %q, want %q", asked, c.hangups)
			}
		})
	}
}

// walk returns the visited modules, with the outcome unless it is ok.
func walk(t *testing.T, ctx context.Context, e callflow.Executor, control callflow.Control, flow string) ([]string,
	callflow.Ended,
) {
	t.Helper()
	var node callflow.Node
	if err := json.Unmarshal([]byte(flow), &node); err != nil {
		t.Fatal(err)
	}
	var visited []string
	ended := e.Run(ctx, callflow.Walk{
		Call: &callflow.Call{Account: acme}, Flow: node, Switch: control,
		Observe: func(s callflow.Step) {
			name := s.Module
			if s.Outcome != callflow.Done {
				name += "=" + string(s.Outcome)
			}
			visited = append(visited, name)
		},
	})
	return visited, ended
}

// KAZOO starts at 50 and checks before it branches: 50 branches happen, and the 51st ends the call although `_` is
// left.
func TestBranchLimit(t *testing.T) {
	for limit, branches := range map[int]int{0: 50, 1: 1, 7: 7} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			control := &testSwitch{}
			runs := 0
			circle := callflow.Modules{"circle": func(context.Context, *callflow.Turn) callflow.Next {
				runs++
				return callflow.Branch(callflow.NodeOf(map[string]any{
					"module":   "circle",
					"children": map[string]any{"_": map[string]any{"module": "circle"}},
				}))
			}}
			_, ended := walk(t, context.Background(), callflow.Executor{Modules: circle, BranchLimit: limit}, control,
				`{"module":"circle"}`)
			if runs != branches+1 || ended.How != callflow.EndBranchLimit || ended.Hint == "" {
				t.Errorf("got %d runs, the end %+v; want %d, %s with a hint", runs, ended, branches+1, callflow.EndBranchLimit)
			}
			if diff := cmp.Diff([]string{"hangup()"}, control.asked); diff != "" {
				t.Errorf("switch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStepLimit(t *testing.T) {
	flow := `{"module":"a"}`
	for range 30 {
		flow = `{"module":"a","children":{"_":` + flow + `}}`
	}
	control := &testSwitch{}
	visited, ended := walk(t, context.Background(), callflow.Executor{Modules: ruleModules(control), StepLimit: 20},
		control, flow)
	if len(visited) != 20 || ended.How != callflow.EndStepLimit {
		t.Errorf("got %d steps, the end %+v; want 20, %s", len(visited), ended, callflow.EndStepLimit)
	}
}

func TestCancelledWalkHangsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	control := &testSwitch{}
	modules := ruleModules(control)
	modules["cancel"] = func(context.Context, *callflow.Turn) callflow.Next { cancel(); return callflow.Stop() }
	executor := callflow.Executor{Modules: modules}

	visited, ended := walk(t, ctx, executor, control, `{"module":"branch","data":{"flow":{"module":"cancel"}},`+
		`"children":{"_":{"module":"a"}}}`)
	if diff := cmp.Diff([]string{"branch", "cancel"}, visited); diff != "" {
		t.Errorf("visited (-want +got):\n%s", diff)
	}
	if ended.How != callflow.EndCancelled || ended.Hint == "" {
		t.Errorf("got the end %+v, want %s with a hint", ended, callflow.EndCancelled)
	}
	if diff := cmp.Diff([]string{"hangup()"}, control.asked); diff != "" {
		t.Errorf("switch (-want +got):\n%s", diff)
	}
	ctx2, cancel2 := context.WithCancel(context.Background())
	modules["cancel"] = func(context.Context, *callflow.Turn) callflow.Next { cancel2(); return callflow.Stop() }
	if _, ended := walk(t, ctx2, executor, &testSwitch{}, `{"module":"cancel"}`); ended.How != callflow.EndCancelled {
		t.Errorf("cancelled in its last step: got the end %+v, want %s", ended, callflow.EndCancelled)
	}
	if _, ended := walk(t, ctx, executor, &testSwitch{}, `{"module":"stop"}`); ended.How != callflow.EndCancelled {
		t.Errorf("cancelled before it began: got the end %+v, want %s", ended, callflow.EndCancelled)
	}
}

func TestSwitchThatDoesNotHangUp(t *testing.T) {
	control := &testSwitch{hangupFails: errors.New("node down")}
	_, ended := walk(t, context.Background(), callflow.Executor{}, control, `{}`)
	if !strings.Contains(ended.Hint, "node down") {
		t.Errorf("got the end %+v, want node down in its hint", ended)
	}
}
