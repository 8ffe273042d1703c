package callflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/schemas"
)

var _ callflow.Runner = (*function.Runner)(nil)

// What each module requests of the switch, the outcome of its step and how it continues (the cf_*.erl files;
// docs/reference/kazoo.md#modules).
func TestModules(t *testing.T) {
	trouble := errors.New("no such codec")
	cases := []struct {
		name    string
		module  string
		data    string
		control testSwitch
		want    string // outcome, requests, where it continues
	}{
		{"answer", "answer", `{}`, testSwitch{}, "ok answer -> next"},
		{"answer goes on whatever the switch says", "answer", `{}`, testSwitch{fails: trouble}, "failed answer -> next"},
		{"noop", "noop", `{}`, testSwitch{}, "ok noop -> next"},
		{"noop that fails stops", "noop", `{}`, testSwitch{fails: trouble}, "failed noop -> stop"},
		{"tts", "tts", `{"text":"hi"}`, testSwitch{}, `ok answer tts{"Language":"de-de","Text":"hi","Voice":"female"} ` +
			`-> next`},
		{
			"tts with everything", "tts", `{"text":"hi","voice":"male","language":"en-gb","engine":"flite",` +
				`"endless_playback":"true","terminators":["#"]}`,
			testSwitch{},
			`ok answer tts{"Endless-Playback":true,"Engine":"flite","Language":"en-gb","Text":"hi","Voice":"male"} -> next`,
		},
		{"tts on a dead channel stops", "tts", `{"text":"hi"}`, testSwitch{gone: true}, "hung_up answer -> stop"},
		{
			"tts that fails stops", "tts", `{"text":"hi"}`,
			testSwitch{speakFails: trouble},
			`failed answer tts{"Language":"de-de","Text":"hi","Voice":"female"} -> stop`,
		},
		{
			"tts on a switch that cannot speak", "tts", `{"text":"hi"}`,
			testSwitch{lacks: []callflow.Ability{callflow.CanSpeak}},
			"unsupported -> next",
		},
		{
			"device on a switch that cannot bridge", "device", `{"id":"d1"}`,
			testSwitch{lacks: []callflow.Ability{callflow.CanBridge}},
			"unsupported -> next",
		},
		{
			"audio_macro on a switch without tones", "audio_macro", `{"macros":[{"macro":"tone"}]}`,
			testSwitch{lacks: []callflow.Ability{callflow.CanSound}},
			"unsupported -> next",
		},
		{
			"voicemail on a switch that cannot record", "voicemail", `{"id":"b1"}`,
			testSwitch{lacks: []callflow.Ability{callflow.CanRecord}},
			"unsupported -> next",
		},
		{
			"answer on a switch that can do little", "answer", `{}`,
			testSwitch{lacks: callflow.AllAbilities()},
			"ok answer -> next",
		},
		{
			"tts without an engine is not heard", "tts", `{"text":"hi"}`,
			testSwitch{speakFails: callflow.ErrNotHeard},
			`ok answer tts{"Language":"de-de","Text":"hi","Voice":"female"} -> next`,
		},
		{"play in the account's media", "play", `{"id":"m1"}`, testSwitch{}, `ok answer play{"Media-Name":"/` + string(acme) +
			`/m1"} -> next`},
		{
			"play a path, unanswered, twice", "play", `{"id":"/system_media/hi","answer":false,"loop_count":2}`,
			testSwitch{},
			`ok play{"Loop-Count":2,"Media-Name":"/system_media/hi"} -> next`,
		},
		{"play nothing", "play", `{}`, testSwitch{}, "failed -> next"},
		{"play that fails goes on", "play", `{"id":"http://a/b.wav"}`, testSwitch{fails: trouble}, "failed answer -> next"},
		{
			"play on a dead channel ends everything", "play", `{"id":"m1"}`,
			testSwitch{gone: true},
			"hung_up answer -> hard_stop",
		},
		{"sleep asks nothing", "sleep", `{"duration":5}`, testSwitch{}, "ok -> next"},
		{"sleep on a dead channel stops", "sleep", `{"duration":5}`, testSwitch{gone: true}, "hung_up -> stop"},
		{"sleep goes on whatever the switch says", "sleep", `{"duration":5}`, testSwitch{fails: trouble}, "failed -> next"},
		{"response without code is busy", "response", `{}`, testSwitch{}, `ok respond{"Response-Code":486} -> stop`},
		{
			"response with media", "response", `{"code":"503","message":"Later","media":"sorry"}`,
			testSwitch{},
			`ok respond{"Media-Name":"/` + string(acme) + `/sorry","Response-Code":503,"Response-Message":"Later"} -> stop`,
		},
		{
			"response that fails stops all the same", "response", `{"code":486}`,
			testSwitch{fails: trouble},
			`failed respond{"Response-Code":486} -> stop`,
		},
		{"hangup", "hangup", `{}`, testSwitch{}, "ok hangup -> hard_stop"},
		{
			"hangup that fails ends all the same", "hangup", `{}`,
			testSwitch{hangupFails: trouble},
			"failed hangup -> hard_stop",
		},
		{
			"language", "language", `{"language":"fr-fr"}`,
			testSwitch{},
			`ok set{"Custom-Channel-Vars":{"default_language":"fr-fr"}} -> next`,
		},
		{
			"no language", "language", `{"language":7.5e300}`,
			testSwitch{fails: trouble},
			`failed set{"Custom-Channel-Vars":{"default_language":"7.5e+300"}} -> next`,
		},
		{"language missing", "language", `{}`, testSwitch{}, "failed -> next"},
		{
			"set_variables", "set_variables", `{"custom_application_vars":{"a":"b"},"export":true}`,
			testSwitch{},
			`ok set{"Custom-Application-Vars":{"a":"b"},"Export-All":true} -> next`,
		},
		{"set_variables without any", "set_variables", `{"custom_application_vars":{}}`, testSwitch{}, "ok -> next"},
		{"branch_variable finds its child", "branch_variable", `{"variable":"Kind"}`, testSwitch{}, "ok -> gold"},
		{"normalised", "branch_variable", `{"variable":"VIP-level"}`, testSwitch{}, "ok -> 7"},
		{"a value without child", "branch_variable", `{"variable":"other"}`, testSwitch{}, "ok -> next"},
		{"a value named like the wildcard", "branch_variable", `{"variable":"wild"}`, testSwitch{}, "ok -> next"},
		{"a value that is no scalar", "branch_variable", `{"variable":"object"}`, testSwitch{}, "ok -> next"},
		{"no variable", "branch_variable", `{"variable":""}`, testSwitch{}, "ok -> next"},
		{"another scope", "branch_variable", `{"variable":"kind","scope":"account"}`, testSwitch{}, "not_simulated -> next"},
		{"callflow without id", "callflow", `{}`, testSwitch{}, "failed -> next"},
		{"callflow of another account", "callflow", `{"id":"theirs"}`, testSwitch{}, "failed -> next"},
		{"callflow", "callflow", `{"id":"ours"}`, testSwitch{}, "ok -> branch"},
		{"function without a runner", "function", `{"id":"f1"}`, testSwitch{}, "engine_down -> next"},
		{"function without id", "function", `{}`, testSwitch{}, "not_found -> next"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var data map[string]any
			if err := json.Unmarshal([]byte(c.data), &data); err != nil {
				t.Fatal(err)
			}
			child := map[string]any{"module": "answer"}
			executor := callflow.Executor{Directory: callflow.Memory{
				acme:      {{Document: callflow.Document{ID: "ours", Flow: callflow.NodeOf(map[string]any{})}}},
				"another": {{Document: callflow.Document{ID: "theirs", Flow: callflow.NodeOf(map[string]any{})}}},
			}}
			call := &callflow.Call{Account: acme, Language: "de-de", ChannelVars: map[string]any{
				"Kind": "gold", "Vip_Level": 7.0, "other": "silver", "wild": "_", "object": map[string]any{},
			}}
			var first *callflow.Step
			executor.Run(context.Background(), callflow.Walk{
				Call: call, Switch: &c.control, Origin: function.FromCall,
				Flow: callflow.NodeOf(map[string]any{"module": c.module, "data": data, "children": map[string]any{
					"_":    child,
					"gold": child, "7": child,
				}}),
				Observe: func(s callflow.Step) {
					if first == nil {
						first = &s
					}
				},
			})
			if diff := cmp.Diff(c.want, summary(t, *first)); diff != "" {
				t.Errorf("step (-want +got):\n%s", diff)
			}
		})
	}
}

// summary writes a step short: outcome, requests, where it continued.
func summary(t *testing.T, s callflow.Step) string {
	t.Helper()
	words := []string{string(s.Outcome)}
	for _, command := range s.Commands {
		word := command.Name
		if len(command.Args) > 0 {
			args, err := json.Marshal(command.Args)
			if err != nil {
				t.Fatal(err)
			}
			word += string(args)
		}
		words = append(words, word)
	}
	to := s.Next.Op
	if s.Next.Op == "continue" {
		to = s.Next.Key
	}
	if to == "_" {
		to = "next"
	}
	if s.Next.Wanted != "" {
		to += " for lack of " + s.Next.Wanted
	}
	return strings.Join(append(words, "->", to), " ")
}

func TestSetVariablesBelongToTheCall(t *testing.T) {
	data := map[string]any{"custom_application_vars": map[string]any{"new": map[string]any{"x": "1"}, "old": "replaced"}}
	call := &callflow.Call{Account: acme, ApplicationVars: map[string]any{"old": "value", "kept": "yes"}}
	executor := callflow.Executor{}
	executor.Run(context.Background(), callflow.Walk{
		Call: call, Switch: &testSwitch{},
		Flow: callflow.NodeOf(map[string]any{"module": "set_variables", "data": data}),
	})
	want := map[string]any{"new": map[string]any{"x": "1"}, "old": "replaced", "kept": "yes"}
	if diff := cmp.Diff(want, call.ApplicationVars); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	call.ApplicationVars["new"].(map[string]any)["x"] = "changed"
	if data["custom_application_vars"].(map[string]any)["new"].(map[string]any)["x"] != "1" {
		t.Error("got the flow changed with the call, want no memory shared")
	}
}

// What a function gets, and every outcome: any but ok continues at `_`.
func TestFunctionOutcomes(t *testing.T) {
	for _, outcome := range append(runs.Outcomes(), "made up", "") {
		t.Run(fmt.Sprintf("%q", outcome), func(t *testing.T) {
			var asked function.Request
			runner := runnerFunc(func(r function.Request) function.Result {
				asked = r
				return function.Result{Outcome: outcome, Flow: map[string]any{"module": "noop"}}
			})
			executor := callflow.Executor{Runner: runner}
			var steps []callflow.Step
			executor.Run(context.Background(), callflow.Walk{
				Call: &callflow.Call{ID: "id", Account: acme, To: callflow.URI{User: "1000"}},
				Flow: callflow.NodeOf(map[string]any{
					"module": "function", "data": map[string]any{"id": "f1"},
					"children": map[string]any{"_": map[string]any{"module": "answer"}},
				}),
				Switch:   &testSwitch{},
				Origin:   function.FromCall,
				TimeZone: "Europe/Berlin",
				Observe:  func(s callflow.Step) { steps = append(steps, s) },
			})
			if asked.Account != acme || asked.Function != "f1" || asked.CallID != "id" || asked.TimeZone != "Europe/Berlin" ||
				asked.Origin != function.FromCall || asked.Params["To"] != "1000" || asked.Params["Account-ID"] != string(acme) {
				t.Errorf("got the request %+v, want account, function, call, zone, origin and parameters of the call", asked)
			}
			var modules []string
			for _, s := range steps {
				modules = append(modules, s.Module)
			}
			want := []string{"function", "answer"}
			if outcome == runs.OK {
				want = []string{"function", "noop", "answer"}
			}
			if !slices.Equal(modules, want) {
				t.Errorf("visited %v, want %v", modules, want)
			}
			wanted := outcome
			if !outcome.Known() {
				wanted = runs.EngineDown
			}
			if got := steps[0]; got.Function == nil || got.Function.Outcome != wanted ||
				got.Outcome != callflow.Outcome(wanted) {
				t.Errorf("got the step %+v, want outcome %s", got, wanted)
			}
		})
	}
}

func TestFunctionThatGivesNoFlow(t *testing.T) {
	runner := runnerFunc(func(function.Request) function.Result { return function.Result{Outcome: runs.OK} })
	executor := callflow.Executor{Runner: runner}
	var steps []callflow.Step
	executor.Run(context.Background(), callflow.Walk{
		Call: &callflow.Call{Account: acme}, Flow: callflow.NodeOf(map[string]any{
			"module": "function",
			"data":   map[string]any{"id": "f1"},
		}), Switch: &testSwitch{},
		Observe: func(s callflow.Step) { steps = append(steps, s) },
	})
	if steps[0].Outcome != "no_flow" || steps[0].Function.Error == nil {
		t.Errorf("got %+v, want no_flow with an error", steps[0])
	}
}

// With the real Runner: a flow with a module that KAZOO does not have is refused as a whole, and a valid one gets its
// defaults before it runs (docs/reference/kazoo.md#checking-a-returned-flow,
// docs/reference/kazoo.md#conformance-checks).
func TestFunctionFlowsAreValidated(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, returned, want string }{
		{"unknown module below", `{"module":"tts","data":{"text":"never said"},"children":{"_":{"module":"frobnicate",` +
			`"data":{}}}}`, "function=invalid_flow answer"},
		{"no flow", `"hi"`, "function=invalid_flow answer"},
		{"another type is not cast", `{"module":"sleep","data":{"duration":"20"}}`, "function=invalid_flow answer"},
		{"valid", `{"module":"sleep","data":{"duration":20}}`, "function sleep answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			runner := function.NewRunner(function.Config{
				Driver: returns(c.returned), Flows: set,
				NewRun: func() runs.ID { return "r" },
			})
			simulator := callflow.Simulator{Executor: &callflow.Executor{
				Runner: runner,
				Directory: callflow.Memory{acme: {{Document: callflow.Document{
					ID: "c1", Numbers: []string{"1000"},
					Flow: callflow.NodeOf(map[string]any{
						"module": "function", "data": map[string]any{"id": "f1"},
						"children": map[string]any{"_": map[string]any{"module": "answer"}},
					}),
				}}}},
			}}
			trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
				Account: acme,
				Call:    map[string]any{"To": "1000"},
			})
			if err != nil {
				t.Fatal(err)
			}
			var visited []string
			for _, step := range trace.Steps {
				visited = append(visited, strings.TrimSuffix(step.Module+"="+string(step.Outcome), "=ok"))
				if step.Module == "sleep" && (step.Data.Members["unit"] != "s" || step.DurationMS != 20_000) {
					t.Errorf("got the step %+v, want unit s and 20 s", step)
				}
			}
			if got := strings.Join(visited, " "); got != c.want {
				t.Errorf("visited %s, want %s", got, c.want)
			}
		})
	}
}

// returns is a driver in which every function returns the same JSON.
type returns string

func (r returns) Evaluate(context.Context, function.Evaluation) (runs.Report, error) {
	return runs.Report{Outcome: runs.OK, Value: json.RawMessage(r)}, nil
}

// A call with too large variables does not run the function.
func TestFunctionWithTooLargeParameters(t *testing.T) {
	runner := runnerFunc(func(function.Request) function.Result {
		t.Error("got a run of the function, want none")
		return function.Result{}
	})
	executor := callflow.Executor{Runner: runner}
	var steps []callflow.Step
	executor.Run(context.Background(), callflow.Walk{
		Call:    &callflow.Call{Account: acme, SIPHeaders: map[string]any{"X": strings.Repeat("x", 1<<20)}},
		Flow:    callflow.NodeOf(map[string]any{"module": "function", "data": map[string]any{"id": "f1"}}),
		Switch:  &testSwitch{},
		Observe: func(s callflow.Step) { steps = append(steps, s) },
	})
	if steps[0].Outcome != "too_large" || len(steps[0].Function.Error.Message) > 500 {
		t.Errorf("got %s, %+v; want too_large, in a short message", steps[0].Outcome, steps[0].Function)
	}
}

type runnerFunc func(function.Request) function.Result

func (f runnerFunc) Run(_ context.Context, r function.Request) function.Result { return f(r) }

// Every module with a schema is either executed or explained, so that no valid flow has an unknown module.
func TestVocabularyIsComplete(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	executed, known := callflow.DefaultModules(), callflow.NotExecuted()
	if len(set.Modules()) < 70 {
		t.Fatalf("got %d modules with a schema, want at least 70", len(set.Modules()))
	}
	for _, name := range set.Modules() {
		if _, ok := executed[name]; !ok && !slices.Contains(known, name) {
			t.Errorf("%s has a schema, want it executed or listed as not executed", name)
		}
	}
}

func TestSleepIsBounded(t *testing.T) {
	for data, want := range map[string]int64{
		`{"duration":1e19}`: 86_400_000, `{"duration":-1e19}`: 0, `{"duration":20.0}`: 20_000, `{"duration":2e1}`: 20_000,
		`{"duration":1.5}`: 0, `{"duration":true}`: 0,
		`{}`: 0, `{"duration":20}`: 20_000, `{"duration":"20","unit":"ms"}`: 20, `{"duration":2,"unit":"m"}`: 120_000,
		`{"duration":1,"unit":"h"}`:      3_600_000,
		`{"duration":1,"unit":"parsec"}`: 1000, `{"duration":-5}`: 0,
		`{"duration":9223372036854775807,"unit":"h"}`: 86_400_000, `{"duration":86400000,"unit":"s"}`: 86_400_000,
	} {
		var node map[string]any
		decoder := json.NewDecoder(strings.NewReader(data))
		decoder.UseNumber() // as for stored documents
		if err := decoder.Decode(&node); err != nil {
			t.Fatal(err)
		}
		simulator := callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Memory{acme: {{
			Document: callflow.Document{ID: "c1", Numbers: []string{"1"}, Flow: callflow.NodeOf(map[string]any{
				"module": "sleep",
				"data":   node,
			})},
		}}}}}
		trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
			Account: acme,
			Call:    map[string]any{"To": "1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if trace.DurationMS != want {
			t.Errorf("%s took %d ms, want %d", data, trace.DurationMS, want)
		}
	}
}

// Two accounts with the same ids never see each other's callflows.
func TestSimulateStaysInTheAccount(t *testing.T) {
	const other account.ID = "0ther000000000000000000000000002"
	simulator := callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Memory{other: {{
		Document: callflow.Document{
			ID: "c1", Numbers: []string{"1000"},
			Flow: callflow.NodeOf(map[string]any{"module": "answer"}),
		},
	}}}}}
	trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{Account: acme, Call: map[string]any{
		"To": "1000", "Account-ID": string(other), "Custom-Channel-Vars": map[string]any{"Account-ID": string(other)},
	}})
	if err != nil || trace.Ended.How != callflow.EndNoCallflow || trace.AccountID != acme || trace.Ended.Hint == "" {
		t.Errorf("got %+v, error %v; want no callflow, in account %s, with a hint", trace, err, acme)
	}
}

func TestSimulateWithoutStore(t *testing.T) {
	simulator := callflow.Simulator{Executor: &callflow.Executor{Directory: faulty{numbers: errors.New(
		"connection refused")}}}
	_, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
		Account: acme,
		Call:    map[string]any{"To": "1000"},
	})
	if err == nil || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "1000") {
		t.Errorf("got error %v, want the number and connection refused", err)
	}
}
