package callflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callfn/callflow"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// For any flows and any results of functions, a call ends within its limits and its trace is consistent.
func TestEveryCallEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flows := rapid.SliceOfN(node(4), 1, 4).Draw(t, "flows")
		branchLimit := rapid.IntRange(1, 12).Draw(t, "branch limit")
		stepLimit := rapid.IntRange(1, 80).Draw(t, "step limit")
		script := rapid.SampledFrom([]map[string]any{
			nil,
			{
				"digits":  []any{map[string]any{"digits": "1#"}},
				"answers": map[string]any{"*": "busy"},
			},
			{
				"answers": map[string]any{"*": "answered"},
				"http": map[string]any{"*": map[string]any{"body": map[string]any{
					"module": "pivot",
					"data":   map[string]any{"voice_url": "https://a.example/"},
				}}},
			},
			{"http": map[string]any{"*": map[string]any{"body": "<Response><Gather " +
				"numDigits='1'><Say>x</Say></Gather><Dial>2000</Dial><Redirect>x</Redirect></Response>"}}},
		}).Draw(t, "script")
		hangUpAfter := rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, 5 * time.Second}).Draw(t, "hang up after")

		var docs []callflow.MemoryDocument
		for i, flow := range flows {
			docs = append(docs, callflow.MemoryDocument{Document: callflow.Document{
				ID:      callflow.ID(fmt.Sprint("c", i)),
				Numbers: []string{"1000"}, Flow: flow,
			}})
		}
		runner := &anyFunctions{outcomes: rapid.SliceOfN(rapid.SampledFrom(append(runs.Outcomes(), runs.OK,
			runs.OK, "")), 1, 5).Draw(t, "outcomes"), flows: flows}
		simulator := callflow.Simulator{Executor: &callflow.Executor{
			Runner: runner, Directory: callflow.Memory{acme: docs}, BranchLimit: branchLimit, StepLimit: stepLimit,
		}}
		trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
			Account: acme, Call: map[string]any{"To": "1000"}, HangUpAfter: hangUpAfter, Script: script,
		})
		if err != nil {
			t.Fatal(err)
		}
		checkLimits(t, trace, branchLimit, stepLimit)
		checkOrder(t, trace)
	})
}

func checkLimits(t *rapid.T, trace callflow.Trace, branchLimit, stepLimit int) {
	branches := 0
	for _, step := range trace.Steps {
		if step.Next.Op == "branch" {
			branches++
		}
		if step.Depth > branchLimit {
			t.Fatalf("step %d: got %d branches, want at most %d", step.Index, step.Depth, branchLimit)
		}
	}
	if branches > branchLimit || len(trace.Steps) > stepLimit {
		t.Fatalf("got %d branches and %d steps, want at most %d and %d", branches, len(trace.Steps), branchLimit, stepLimit)
	}
	if trace.Ended.How == callflow.EndBranchLimit && branches != branchLimit {
		t.Fatalf("ended by the branch limit: got %d branches, want %d", branches, branchLimit)
	}
	if trace.Ended.How == callflow.EndStepLimit && len(trace.Steps) != stepLimit {
		t.Fatalf("ended by the step limit: got %d steps, want %d", len(trace.Steps), stepLimit)
	}
	if trace.Ended.How == "" || trace.Ended.How == callflow.EndCancelled || trace.Ended.How == callflow.EndNoCallflow {
		t.Fatalf("got the end %+v, want another, of a flow that began", trace.Ended)
	}
}

func checkOrder(t *rapid.T, trace callflow.Trace) {
	for i, step := range trace.Steps {
		if step.Index != i+1 || step.Parent >= step.Index ||
			(i > 0 && (step.Parent == 0 || step.AtMS < trace.Steps[i-1].AtMS)) {
			t.Fatalf("step %d: got %+v, want it after its parent and the step before", i+1, step)
		}
		if step.Module == "function" && step.Outcome != callflow.Skipped && step.Outcome != callflow.Crashed {
			if step.Function == nil || !step.Function.Outcome.Known() || string(step.Outcome) != string(step.Function.Outcome) {
				t.Fatalf("got the function step %+v, want a known outcome", step)
			}
			if step.Outcome == callflow.Done && step.Next.Op == "continue" {
				t.Fatalf("got %+v, want the flow run that was returned", step)
			}
		}
		last := i == len(trace.Steps)-1
		if !last && step.Next.Op == "hard_stop" {
			t.Fatalf("got another step after %+v, want the walk ended", step)
		}
		if !last && trace.Steps[i+1].Via == callflow.ViaChild && (step.Next.Op != "continue" ||
			step.Next.Key != trace.Steps[i+1].Key) {
			t.Fatalf("got step %d at %q, want it where %+v leads", i+2, trace.Steps[i+1].Key, step.Next)
		}
	}
}

// anyFunctions answers the nth run with the nth outcome, cyclically; ok ones return one of the flows.
type anyFunctions struct {
	outcomes []runs.Outcome
	flows    []callflow.Node
	runs     int
}

func (f *anyFunctions) Run(_ context.Context, r function.Request) function.Result {
	f.runs++
	if r.Function == "panics" {
		panic("the runner broke")
	}
	result := function.Result{Outcome: f.outcomes[f.runs%len(f.outcomes)]}
	if result.Outcome == runs.OK && r.Function != "nothing" {
		flow := f.flows[f.runs%len(f.flows)]
		result.Flow, result.Order = flow.Members, flow.Order
	}
	return result
}

func node(depth int) *rapid.Generator[callflow.Node] {
	modules := append([]string{
		"function", "function", "callflow", "callflow", "answer", "tts", "play", "sleep",
		"response", "hangup", "noop",
		"set_variables", "branch_variable", "language", "bogus", "",
	},
		append(slices.Sorted(maps.Keys(callflow.DefaultModules())), callflow.NotExecuted()...)...)
	return rapid.Custom(func(t *rapid.T) callflow.Node {
		n := callflow.NodeOf(map[string]any{})
		if rapid.IntRange(0, 9).Draw(t, "empty") == 0 {
			return n
		}
		n.Members["module"] = rapid.SampledFrom(modules).Draw(t, "module")
		n.Members["data"] = rapid.MapOf(
			rapid.SampledFrom([]string{
				"id", "text", "duration", "unit", "code", "skip_module", "language", "variable",
				"custom_application_vars", "endless_playback",
				"endpoints", "macros", "repeats", "timeout", "hunt", "regex", "voice_url", "uri", "to_did", "max_digits", "rules",
				"timezone", "action", "action",
			}),
			rapid.SampledFrom([]any{
				"c0", "c1", "check", "menu", "enable", "reset", "f", "panics", "nothing", "", "Account-ID",
				true, nil, 5.0, 1e300, -1.0,
				[]any{1.0},
				map[string]any{"a": "b"},
				"(", "https://a.example/",
				[]any{map[string]any{"id": "x", "macro": "tone", "frequencies": []any{1.0}, "weight": "7"}},
			}),
		).Draw(t, "data")
		if depth > 0 && rapid.Bool().Draw(t, "has children") {
			children := map[string]any{}
			for _, key := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"_", "x", string(acme)}), rapid.ID).Draw(t,
				"keys") {
				children[key] = node(depth-1).Draw(t, "child").Members
			}
			n.Members["children"] = children
		}
		return n
	})
}

// Executed modules and known ones are two disjoint lists.
func TestModulesAreListedOnce(t *testing.T) {
	executed := callflow.DefaultModules()
	for _, name := range callflow.NotExecuted() {
		if _, ok := executed[name]; ok {
			t.Errorf("got %s both executed and not, want one of them", name)
		}
	}
	if !slices.IsSorted(callflow.NotExecuted()) {
		t.Errorf("got %q, want it sorted", callflow.NotExecuted())
	}
}

// Any JSON may be in place of a flow.
func FuzzFlow(f *testing.F) {
	f.Add([]byte(`{"module":"function","data":{"id":"f"},"children":{"_":{"module":"tts","data":{"text":1}}}}`))
	f.Add([]byte(`{"module":{},"data":[],"children":{"_":{"children":{"_":{}}}}}`))
	f.Add([]byte(`{"module":"set_variables","data":{"custom_application_vars":{"":[[]]}},` +
		`"children":{"_":{"module":"callflow","data":{"id":"c0"}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var flow callflow.Node
		if json.Unmarshal(raw, &flow) != nil {
			return
		}
		simulator := callflow.Simulator{Executor: &callflow.Executor{
			Runner:    &anyFunctions{outcomes: []runs.Outcome{runs.OK, runs.Threw}, flows: []callflow.Node{flow}},
			Directory: callflow.Memory{acme: {{Document: callflow.Document{ID: "c0", Numbers: []string{"1000"}, Flow: flow}}}},
		}}
		trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
			Account: acme,
			Call:    map[string]any{"To": "1000"},
		})
		if err != nil || trace.Ended.How == "" {
			t.Fatalf("got the end %+v, error %v; want an end", trace.Ended, err)
		}
		if err := callflow.WriteTrace(io.Discard, trace, true); err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(trace); err != nil {
			t.Fatalf("got error %v, want the trace as JSON", err)
		}
	})
}

// A pivot server may answer any bytes, with any type.
func FuzzPivotAnswer(f *testing.F) {
	for _, answer := range []string{
		`<Response><Say loop="0">x</Say></Response>`,
		`<Response><Gather action="/x" timeout="-1" numDigits="99999999999"><Play ` +
			`loop="7">y</Play></Gather><Redirect/></Response>`,
		`<Response><Dial timeout="1" callerId="x" ` +
			`action="?a=b"><User>u</User><Device>d</Device><Number>1</Number></Dial><Hangup/></Response>`,
		`<Response><Record maxLength="9" finishOnKey="*"/><Pause length="99999"/><Reject/></Response>`,
		`<Response><Set><Variable key="a" value="b"/></Set><Redirect method="POST">http://[::1]/</Redirect></Response>`,
		`{"module":"pivot","data":{"voice_url":"https://a.example/"}}`, `<a><a><a><a><a><a><a><a><a>`, `<Response>` + "\xff",
		`<?xml version="1.0" encoding="utf-16"?><Response/>`,
	} {
		f.Add(answer, "text/xml")
		f.Add(answer, "")
	}
	f.Fuzz(func(t *testing.T, answer, kind string) {
		flow := callflow.NodeOf(map[string]any{
			"module":   "pivot",
			"data":     map[string]any{"voice_url": "https://a.example/?x=1"},
			"children": map[string]any{"_": map[string]any{"module": "hangup"}},
		})
		simulator := callflow.Simulator{Executor: &callflow.Executor{
			Directory: callflow.Memory{acme: {{Document: callflow.Document{ID: "c0", Numbers: []string{"1000"}, Flow: flow}}}},
		}}
		trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
			Account: acme, Call: map[string]any{"To": "1000"},
			Script: map[string]any{
				"digits": []any{map[string]any{"digits": "1#"}},
				"http":   map[string]any{"*": map[string]any{"body": answer, "content_type": kind}},
			},
		})
		if err != nil || trace.Ended.How == "" {
			t.Fatalf("got the end %+v, error %v; want an end", trace.Ended, err)
		}
		if _, err := json.Marshal(trace); err != nil {
			t.Fatalf("got error %v, want the trace as JSON", err)
		}
	})
}
