package queryserver_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/hostcall"
	"callfn/internal/kv"
	"callfn/internal/kv/memkv"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

func wh(t *testing.T) string {
	t.Helper()
	design, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	return design.Shows["wh"]
}

// stored is the document of a function of account a.
func stored(source, bindings string) json.RawMessage {
	text, err := json.Marshal(source)
	if err != nil {
		panic(err)
	}
	return json.RawMessage(`{"pvt_type":"function","pvt_account_id":"a","function_js":` + string(text) + `,"bindings":` +
		bindings + `}`)
}

func ownRuns(t *testing.T) queryserver.Runs {
	calls := hostcall.New(hostcall.Config{KV: kv.New(memkv.New(), kv.Options{})})
	return queryserver.Runs{Eval: sandboxtest.Pool(t, 1), Wh: wh(t), Calls: calls}
}

func do(t *testing.T, r queryserver.Runs, doc json.RawMessage) runs.Report {
	t.Helper()
	report, err := r.Do(t.Context(), queryserver.ReadDocument(doc),
		queryserver.ParamsRequest(map[string]string{"Account-ID": "a"}),
		runs.Terms{Run: "r", Account: "a", Function: "f", Origin: "call", Caller: "+49301"})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestGrants(t *testing.T) {
	r := ownRuns(t)
	for _, c := range []struct{ name, source, bindings, want string }{
		{"nothing", `return [typeof kv, typeof env, typeof run]`, `{}`, `["undefined","undefined","undefined"]`},
		{"null", `return [typeof kv, typeof env, typeof run]`, `null`, `["undefined","undefined","undefined"]`},
		{"env alone", `return [typeof kv, env.A, typeof run]`, `{"env":{"A":"b"}}`, `["undefined","b","object"]`},
		{"no std", `return typeof kv`, `{"std":false}`, `"undefined"`},
		{
			"kv", `kv.set('n', 1); return [kv.incr('n', 2), kv.get('n'), kv.own.get('n'), typeof env]`,
			`{"kv":{"scope":"account","write":true}}`, `[3,3,null,"undefined"]`,
		},
		{"kv of the account stays", `return [kv.get('n'), kv.own.get('n')]`, `{"kv":{"scope":"account"}}`, `[3,null]`},
		{"kv of the function", `return [kv.get('n'), kv.own.get('n')]`, `{"kv":{"scope":"function"}}`, `[null,null]`},
		{
			"run", `return [run.id, run.function, run.account, run.origin, run.caller, run.depth, run.attempt]`,
			`{"env":{"A":"b"}}`, `["r","f","a","call","+49301",0,1]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := do(t, r, stored(c.source, c.bindings))
			if report.Outcome != runs.OK || string(report.Value) != c.want {
				t.Errorf("got %s %s %+v, want %s", report.Outcome, report.Value, report.Error, c.want)
			}
		})
	}
	report := do(t, r, stored(`kv.get('n'); try { kv.get('') } catch (e) {} return 1`, `{"kv":{"scope":"account"}}`))
	if len(report.Calls) != 2 || report.Calls[0].Verb != "kv.get" || report.Calls[0].Reason != "" ||
		report.Calls[1].Reason != "bad_key" || report.Waited <= 0 {
		t.Errorf("the report: got calls %+v and a wait of %s, want kv.get twice, the second bad_key", report.Calls,
			report.Waited)
	}
	report = do(t, r, stored(`for (;;) kv.get('n')`, `{"kv":{"scope":"account"}}`))
	if report.Outcome != runs.Threw || !strings.Contains(report.Error.Message, "32 times") || len(report.Calls) != 33 {
		t.Errorf("without end: got %s %+v and %d calls, want the budget of 32", report.Outcome, report.Error,
			len(report.Calls))
	}
	report = do(t, r, stored("kv.get('n')\nkv.set('n', 1)", `{"kv":{"scope":"account"}}`))
	if report.Outcome != runs.Threw || report.Error.Line != 2 || report.Error.Source != `kv.set('n', 1)` {
		t.Errorf("a write without a grant: got %s %+v, want %s at line 2", report.Outcome, report.Error, runs.Threw)
	}
}

// What cannot be granted is refused before anything runs, with a sentence that says so.
func TestGrantsRefuse(t *testing.T) {
	r := ownRuns(t)
	for name, c := range map[string]struct{ bindings, want string }{
		"unknown":     {`{"amqp":{}}`, `"amqp" is unknown`},
		"text":        {`"kv"`, "it must be an object"},
		"another one": {`{"kv":{"scope":"all"}}`, "bindings.kv.scope"},
	} {
		report := do(t, r, stored(`return 1`, c.bindings))
		if report.Outcome != runs.Refused || !strings.Contains(report.Error.Message, c.want) {
			t.Errorf("%s: got %s %+v, want %s with %q", name, report.Outcome, report.Error, runs.Refused, c.want)
		}
	}
	r.Calls = hostcall.New(hostcall.Config{NoKV: "callfn serve has no store"})
	report := do(t, r, stored(`return 1`, `{"kv":{"scope":"account"}}`))
	if report.Outcome != runs.Refused ||
		!strings.Contains(report.Error.Message, "bindings.kv: callfn serve has no store") {
		t.Errorf("without a store: got %s %+v, want %s and why", report.Outcome, report.Error, runs.Refused)
	}
	r.Calls = nil
	if report = do(t, r, stored(`return 1`, `{"env":{"A":"b"}}`)); report.Outcome != runs.Refused {
		t.Errorf("a place without bindings: got %s, want %s", report.Outcome, runs.Refused)
	}
}

// A show that is asked for over a wire grants nothing, whatever its request says, and runs no function that declares
// bindings: not even one that is well-formed, for which this very process would have everything.
func TestShowsOverTheWireGrantNothing(t *testing.T) {
	r := ownRuns(t)
	engine := queryserver.Engine{Shows: r.Eval, Calls: r.Calls}
	server := queryserver.NewServer(r.Eval, sandbox.Limits{})
	design, err := json.Marshal(map[string]any{"shows": map[string]string{"wh": r.Wh}})
	if err != nil {
		t.Fatal(err)
	}
	server.Answer(t.Context(), []byte(`["ddoc","new","_design/f",`+string(design)+`]`))
	for _, header := range []string{
		`{}`, `{"X-Callfn-Run":"r"}`, `{"X-Callfn-Run":"r; account=a; root=a"}`, `{"X-Callfn-Run":"r; bindings=kv; bound=1"}`,
		`{"x-callfn-run":"r; lane=rehearsal; explain=1","X-Callfn-Bindings":"{}"}`,
	} {
		for _, bindings := range []string{
			`{"env":{"A":"b"}}`, `{"kv":{"scope":"account","write":true}}`, `{"amqp":{}}`, `[]`, `"x"`, `0`,
		} {
			doc := stored(`return [typeof kv, typeof env]`, bindings)
			req := `{"query":{"Account-ID":"a"},"form":{},"headers":` + header + `,"bound":true,"bindings":{}}`
			byLine := server.Answer(t.Context(), []byte(`["ddoc","_design/f",["shows","wh"],[`+string(doc)+`,`+req+`]]`))
			byNode, err := engine.Show(t.Context(), "callfn", r.Wh, doc, couchnode.ShowRequest{
				Query: json.RawMessage(`{"Account-ID":"a"}`), Form: json.RawMessage(`{}`),
				Whole: func() (json.RawMessage, error) { return json.RawMessage(req), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			for place, answer := range map[string][]byte{"query server": byLine, "node": byNode} {
				if !strings.Contains(string(answer), queryserver.NoBindings) || !strings.Contains(string(answer), `"refused"`) {
					t.Errorf("%s, %s, headers %s: got %s, want it refused", place, bindings, header, answer)
				}
			}
		}
		doc := stored(`return [typeof kv, typeof env, typeof run]`, `{}`)
		req := `{"query":{"Account-ID":"a"},"form":{},"headers":` + header + `}`
		answer := server.Answer(t.Context(), []byte(`["ddoc","_design/f",["shows","wh"],[`+string(doc)+`,`+req+`]]`))
		if want := `["undefined","undefined","undefined"]`; !strings.Contains(string(answer), want) {
			t.Errorf("without bindings, headers %s: got %s, want %s", header, answer, want)
		}
	}
}

// The exchange of a run of this process brings what the document declares; that a request has a header does not.
func TestExchangeGrants(t *testing.T) {
	r := ownRuns(t)
	engine := queryserver.Engine{Shows: r.Eval, Calls: r.Calls}
	x := &runs.Exchange{Terms: runs.Terms{Run: "r", Account: "a"}}
	_, err := engine.Show(runs.WithExchange(context.Background(), x), "callfn", r.Wh,
		stored(`return env.A`, `{"env":{"A":"b"}}`),
		couchnode.ShowRequest{Query: json.RawMessage(`{"Account-ID":"a"}`), Form: json.RawMessage(`{}`)})
	report, answered, runErr := x.Answered()
	if err != nil || runErr != nil || !answered || string(report.Value) != `"b"` {
		t.Errorf("got %+v %v %v, want \"b\"", report, err, runErr)
	}
}
