package callflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/function"
	"callfn/internal/function/params"
	"callfn/internal/runs"
	"callfn/schemas"
)

const pivotAccount = account.ID("0123456789abcdef0123456789abcdef")

// anyFlow is a validator that only refuses the module `broken`.
type anyFlow struct{}

func (anyFlow) FlowWarnings(map[string]any) []schemas.Warning { return nil }

func (anyFlow) ValidateFlow(flow map[string]any) (map[string]any, schemas.FieldErrors) {
	if flow["module"] == "broken" {
		return nil, schemas.FieldErrors{"flow.module": {"enum": schemas.Violation{}}}
	}
	return flow, nil
}

// flowsByID is a runner whose functions return fixed flows; every other function throws.
type flowsByID struct {
	flows map[string]map[string]any
	asked []function.Request
}

func (f *flowsByID) Run(_ context.Context, r function.Request) function.Result {
	f.asked = append(f.asked, r)
	if flow, ok := f.flows[string(r.Function)]; ok {
		return function.Result{Outcome: runs.OK, Flow: flow}
	}
	return function.Result{Outcome: runs.Threw, Error: function.NewError("boom", "")}
}

func jsonFlow(t testing.TB, text string) map[string]any {
	t.Helper()
	var flow map[string]any
	if err := json.Unmarshal([]byte(text), &flow); err != nil {
		t.Fatalf("got error %v, want JSON: %s", err, text)
	}
	return flow
}

// short writes a flow as the tests do: module, then its children by key.
func short(flow map[string]any) string {
	text, _ := flow["module"].(string)
	if text == "pivot" {
		text += "(" + flow["data"].(map[string]any)["voice_url"].(string) + ")"
	}
	children, _ := flow["children"].(map[string]any)
	var parts []string
	for _, key := range []string{"_", "1", "2"} {
		if child, ok := children[key].(map[string]any); ok {
			parts = append(parts, key+":"+short(child))
		}
	}
	if len(parts) > 0 {
		text += "{" + strings.Join(parts, ",") + "}"
	}
	return text
}

func TestPivotServerGivesTheFlowToRun(t *testing.T) {
	const tts, hangup = `{"module":"tts","data":{"text":"hi"}}`, `{"module":"hangup","data":{}}`
	fn := func(id, rest string) string { return `{"module":"function","data":{"id":"` + id + `"}` + rest + `}` }
	functions := map[string]map[string]any{
		"tts":   jsonFlow(t, tts),
		"bye":   jsonFlow(t, hangup),
		"menu":  jsonFlow(t, `{"module":"menu","data":{},"children":{"1":`+tts+`,"2":{}}}`),
		"again": jsonFlow(t, fn("tts", "")),
		"loop":  jsonFlow(t, fn("loop", "")),
		"deep":  jsonFlow(t, `{"module":"play","data":{},"children":{"_":`+fn("tts", `,"children":{"_":`+hangup+`}`)+`}}`),
	}
	for _, c := range []struct{ what, flow, want, err string }{
		{"a flow without functions is the flow", `{"module":"tts","children":{"_":` + hangup + `}}`, "tts{_:hangup}", ""},
		{"a function at the root runs", fn("tts", ""), "tts", ""},
		{
			"its `_` child follows what it returned", fn("tts", `,"children":{"_":{"module":"voicemail"}}`), "tts{_:voicemail}",
			"",
		},
		{
			"at every end, empty ones too", fn("menu", `,"children":{"_":{"module":"voicemail"}}`),
			"menu{_:voicemail,1:tts{_:voicemail},2:voicemail}", "",
		},
		{"but not after a hangup", fn("bye", `,"children":{"_":{"module":"voicemail"}}`), "hangup", ""},
		{"a function may return another", fn("again", `,"children":{"_":{"module":"voicemail"}}`), "tts{_:voicemail}", ""},
		{
			"a function that fails leads to its `_` child", fn("threw", `,"children":{"_":{"module":"voicemail"}}`), "voicemail",
			"",
		},
		{"which may be a function too", fn("threw", `,"children":{"_":`+fn("tts", "")+`}`), "tts", ""},
		{"without one there is no flow", fn("threw", ""), "", "boom"},
		{"nor with an empty one", fn("threw", `,"children":{"_":{}}`), "", "boom"},
		{"a node without id has failed", `{"module":"function","data":{}}`, "", "names no function"},
		{"a skipped function is passed over", `{"module":"function","data":{"id":"tts","skip_module":true},"children":{"_":` +
			hangup + `}}`, "hangup", ""},
		{"functions without end are no flow", fn("loop", ""), "", "one after the other"},
		{"an empty flow is none", `{}`, "", "empty"},
		{"deeper functions become pivot nodes", fn("deep", ""), "play{_:pivot(https://fn.example/tts){_:hangup}}", ""},
		{
			"and so they do in stored flows", `{"module":"menu","children":{"1":` + fn("tts", "") + `,"2":` +
				fn("no address", "") + `}}`,
			"menu{1:pivot(https://fn.example/tts),2:function}", "",
		},
		{"a flow that is not valid is none", `{"module":"broken"}`, "", "look at flow.module"},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := &callflow.PivotServer{Runner: &flowsByID{flows: functions}, Flows: anyFlow{}, Directory: callflow.Memory{
				pivotAccount: {{Document: callflow.Document{
					ID: "c", Numbers: []string{"1000"},
					Flow: callflow.NodeOf(jsonFlow(t, c.flow)),
				}}},
			}}
			flow, err := p.ForNumber(t.Context(), callflow.PivotRequest{
				Account: pivotAccount, Params: map[string]string{"To": "1000"},
				Address: func(id function.ID) string {
					if id == "no address" {
						return ""
					}
					return "https://fn.example/" + string(id)
				},
			})
			switch {
			case c.err == "" && err != nil:
				t.Fatal(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Fatalf("flow %s, error %v, want one about %q", short(flow.Members), err, c.err)
			case c.err == "" && short(flow.Members) != c.want:
				t.Errorf("flow %s, want %s", short(flow.Members), c.want)
			}
		})
	}
}

func TestPivotServerFindsTheCallflowOfTheNumber(t *testing.T) {
	documents := callflow.Memory{pivotAccount: {
		{Document: callflow.Document{
			ID: "1", Numbers: []string{"1000"},
			Flow: callflow.NodeOf(map[string]any{"module": "a"}),
		}},
		{Document: callflow.Document{
			ID: "2", Numbers: []string{"+14158867900"},
			Flow: callflow.NodeOf(map[string]any{"module": "b"}),
		}},
		{
			Document: callflow.Document{ID: "3", Flow: callflow.NodeOf(map[string]any{"module": "c"})},
			Patterns: []string{"^2[0-9]{3}$"},
		},
		{Document: callflow.Document{
			ID: "4", Numbers: []string{"no_match"},
			Flow: callflow.NodeOf(map[string]any{"module": "d"}),
		}},
	}}
	p := &callflow.PivotServer{Runner: &flowsByID{}, Flows: anyFlow{}, Directory: documents}
	for _, c := range []struct {
		params map[string]string
		want   string // "" for none
	}{
		{map[string]string{"To": "1000"}, "a"},
		{map[string]string{"Request": "1000", "To": "4158867900"}, "a"},
		{map[string]string{"To": "4158867900"}, "b"},
		{map[string]string{"To": "4158867900@acme.example"}, "b"},
		{map[string]string{"To": "2345"}, "c"},
		{map[string]string{"To": "3000", "User-ID": "u"}, "d"},
		{map[string]string{"To": "3000", "User-ID[0]": "u"}, "d"},
		{map[string]string{"To": "3000"}, ""}, // a carrier's call must not reach a callflow that dials out
		{map[string]string{"To": "no_match"}, ""},
		{map[string]string{"To": "bob"}, ""},
		{map[string]string{}, ""},
	} {
		flow, err := p.ForNumber(t.Context(), callflow.PivotRequest{Account: pivotAccount, Params: c.params})
		if c.want == "" && !errors.Is(err, callflow.ErrNoCallflow) || c.want != "" &&
			(err != nil || flow.Module() != c.want) {
			t.Errorf("%v: %v, %v, want %q", c.params, flow, err, c.want)
		}
	}
	if _, err := p.ForNumber(t.Context(), callflow.PivotRequest{
		Account: "another",
		Params:  map[string]string{"To": "1000"},
	}); !errors.Is(err, callflow.ErrNoCallflow) {
		t.Errorf("another account: got error %v, want %v", err, callflow.ErrNoCallflow)
	}
}

// A flow that would have to be repeated at too many ends is refused before it takes memory.
func TestPivotServerBoundsTheFlow(t *testing.T) {
	wide := map[string]any{}
	for i := range 200 {
		wide[fmt.Sprint(i)] = map[string]any{"module": "tts"}
	}
	functions := map[string]map[string]any{}
	for i := range 9 {
		functions[fmt.Sprint(i)] = map[string]any{
			"module": "function", "data": map[string]any{"id": fmt.Sprint(i + 1)},
			"children": map[string]any{"_": map[string]any{"module": "menu", "children": wide}},
		}
	}
	functions["9"] = map[string]any{"module": "menu", "children": wide}
	p := &callflow.PivotServer{Runner: &flowsByID{flows: functions}, Flows: anyFlow{}}
	if _, err := p.ForFunction(t.Context(), callflow.PivotRequest{Account: pivotAccount}, "0"); !errors.Is(err,
		callflow.ErrUnfitFlow) {
		t.Errorf("got error %v, want %v", err, callflow.ErrUnfitFlow)
	}
}

// A function gets what KAZOO sent, in either encoding. The request cannot set the account.
func TestPivotServerTellsTheFunction(t *testing.T) {
	r := &flowsByID{}
	p := &callflow.PivotServer{Runner: r, Flows: anyFlow{}}
	told := map[string]string{"Call-ID": "c@1", "To": "1000", "Account-ID": "forged"}
	_, err := p.ForFunction(t.Context(), callflow.PivotRequest{
		Account: pivotAccount, Params: told,
		TimeZone: "Europe/Berlin",
	}, "f")
	var failed *callflow.FunctionFailed
	if !errors.As(err, &failed) || failed.Result.Outcome != runs.Threw {
		t.Fatalf("got error %v, want a function that threw", err)
	}
	want := []function.Request{{
		Account: pivotAccount, Function: "f", CallID: "c@1", Params: told,
		TimeZone: "Europe/Berlin", Origin: function.FromCall,
	}}
	if diff := cmp.Diff(want, r.asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestPivotForm(t *testing.T) {
	for _, c := range []struct {
		query string
		want  map[string]string
	}{
		{"Call-ID=1&To=a+b&Custom-Application-Vars[vip]=yes&&", map[string]string{
			"Call-ID": "1", "To": "a b",
			"Custom-Application-Vars[vip]": "yes",
		}},
		{"To=1&To=2", map[string]string{"To": "2"}},
		{"User-ID[]=a&User-ID[]=b", map[string]string{"User-ID[]": "b", "User-ID[0]": "a", "User-ID[1]": "b"}},
		{"To=%ff", map[string]string{"To": "\uFFFD"}},
		{"CallSid=1&AccountSid=x&From=f&FromRealm=fr&To=t&ToRealm=tr&CallerName=n&CallerNumber=4&" +
			"ApiVersion=2010-04-01&Direction=inbound&Digits=12", map[string]string{
			"CallSid": "1", "Call-ID": "1", "AccountSid": "x", "From": "f", "FromRealm": "fr", "From-Realm": "fr", "To": "t",
			"ToRealm": "tr", "To-Realm": "tr",
			"Request": "t", "Request-Realm": "tr", "CallerName": "n", "Caller-ID-Name": "n", "CallerNumber": "4",
			"Caller-ID-Number": "4",
			"ApiVersion":       "2010-04-01", "Api-Version": "4.x", "Direction": "inbound", "Digits": "12",
		}},
	} {
		values, _ := url.ParseQuery(c.query)
		got, err := callflow.PivotForm(values)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.query, diff)
		}
	}
	var tooLarge *params.TooLargeError
	if _, err := callflow.PivotForm(url.Values{"x": {strings.Repeat("x", params.MaxBytes)}}); !errors.As(err, &tooLarge) {
		t.Errorf("got error %v, want one that the form is too large", err)
	}
}

// For any parameters, KAZOO's form and a JSON body give a function the same values.
func TestPivotEncodingsAgree(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z][A-Za-z0-9-]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		structured := map[string]any{"Call-ID": "1"}
		for n := range rapid.MapOf(name, rapid.String()).Draw(t, "scalars") {
			structured["s"+n] = rapid.String().Draw(t, "value")
		}
		members := map[string]any{}
		for n, v := range rapid.MapOf(name, rapid.String()).Draw(t, "members") {
			members[n] = v
		}
		structured["Custom-Application-Vars"] = members
		fromJSON, err := callflow.PivotJSON(structured)
		if err != nil {
			t.Fatal(err)
		}
		values, err := url.ParseQuery(params.Encode(fromJSON))
		if err != nil {
			t.Fatal(err)
		}
		fromForm, err := callflow.PivotForm(values)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fromJSON, fromForm); diff != "" {
			t.Fatalf("the form, want what JSON gives (-JSON +form):\n%s", diff)
		}
	})
}

// KAZOO, which replaces its flow by the given one, goes where callfn's own executor goes with the original, for flows
// of modules that continue at a child.
func TestPivotServerAgreesWithTheExecutor(t *testing.T) {
	ids := []string{"0", "1", "2", "3", "threw"}
	var node func(depth int) *rapid.Generator[map[string]any]
	node = func(depth int) *rapid.Generator[map[string]any] {
		return rapid.Custom(func(t *rapid.T) map[string]any {
			n := map[string]any{"data": map[string]any{
				"id":  rapid.SampledFrom(ids).Draw(t, "id"),
				"key": rapid.SampledFrom([]string{"_", "1", "2"}).Draw(t, "key"),
			}}
			n["module"] = rapid.SampledFrom([]string{"function", "goto", "goto", "function", "hangup"}).Draw(t, "module")
			children := map[string]any{}
			for _, key := range []string{"_", "1"} {
				switch kind := rapid.IntRange(0, 3).Draw(t, "child"); {
				case depth == 0 || kind == 0:
				case kind == 1:
					children[key] = map[string]any{}
				default:
					children[key] = node(depth-1).Draw(t, key)
				}
			}
			n["children"] = children
			return n
		})
	}
	modules := callflow.Modules{
		"goto": func(_ context.Context, t *callflow.Turn) callflow.Next {
			return callflow.ContinueAt(t.Data.String("key"))
		},
		"hangup":   callflow.DefaultModules()["hangup"],
		"function": callflow.DefaultModules()["function"],
	}
	rapid.Check(t, func(t *rapid.T) {
		runner := &flowsByID{flows: map[string]map[string]any{}}
		for i, id := range ids[:4] {
			flow := node(2).Draw(t, "returned")
			if flow["module"] == "function" { // of an earlier one, so that no function leads back to itself
				if i == 0 {
					flow["module"] = "goto"
				} else {
					flow["data"].(map[string]any)["id"] = ids[rapid.IntRange(0, i-1).Draw(t, "earlier")]
				}
			}
			runner.flows[id] = flow
		}
		flow := node(3).Draw(t, "flow")
		server := &callflow.PivotServer{Runner: runner, Flows: anyFlow{}, Directory: callflow.Memory{
			pivotAccount: {{Document: callflow.Document{ID: "c", Numbers: []string{"1000"}, Flow: callflow.NodeOf(flow)}}},
		}}
		walk := func(flow callflow.Node) (visited []string) {
			executor := &callflow.Executor{Runner: runner, Modules: modules, StepLimit: 60, BranchLimit: 1000}
			executor.Run(context.Background(), callflow.Walk{
				Call: &callflow.Call{Account: pivotAccount}, Flow: flow, Switch: &testSwitch{}, Origin: function.FromCall,
				Observe: func(s callflow.Step) { visited = append(visited, fmt.Sprint(s.Module, s.Data.Members)) },
			})
			return visited
		}
		answer, err := server.ForNumber(context.Background(), callflow.PivotRequest{
			Account: pivotAccount,
			Params:  map[string]string{"To": "1000"},
		})
		var failed *callflow.FunctionFailed
		switch {
		case errors.Is(err, callflow.ErrUnfitFlow) && !strings.Contains(err.Error(), "empty"):
			return // too large for an answer
		case err != nil && !errors.As(err, &failed):
			t.Fatal(err)
		}
		original := walk(callflow.NodeOf(flow))
		begin := 0
		for begin < len(original) && strings.HasPrefix(original[begin], "function") {
			begin++ // ran before the answer
		}
		if diff := cmp.Diff(original[begin:], append([]string{}, walk(answer)...)); diff != "" && len(original) < 60 {
			t.Fatalf("KAZOO's walk of the answer, want the executor's (-executor +KAZOO):\n%s\nanswer %v", diff,
				short(answer.Members))
		}
	})
}
