package callflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/internal/runs"
)

var update = flag.Bool("update", false, "rewrite the wanted traces in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const acme account.ID = "ac3e0000000000000000000000000001"

// Every file in testdata/traces is a pretend call: the account's callflows, the results of its functions, the call, and
// the wanted story (trace.txt) or JSON (trace.json).
func TestTraces(t *testing.T) {
	files, err := filepath.Glob("testdata/traces/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d fixtures, error %v; want some", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { checkTrace(t, file) })
	}
}

func checkTrace(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, f := range archive.Files {
		parts[f.Name] = f.Data
	}
	trace := simulate(t, parts)
	for i, f := range archive.Files {
		var got bytes.Buffer
		switch f.Name {
		case "trace.txt":
			if err := callflow.WriteTrace(&got, trace, false); err != nil {
				t.Fatal(err)
			}
		case "trace.json":
			encoder := json.NewEncoder(&got)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(trace); err != nil {
				t.Fatal(err)
			}
		default:
			continue
		}
		archive.Files[i].Data = got.Bytes()
		if diff := cmp.Diff(string(f.Data), got.String()); diff != "" && !*update {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func simulate(t *testing.T, parts map[string][]byte) callflow.Trace {
	t.Helper()
	var flows []struct {
		ID       callflow.ID   `json:"id"`
		Name     string        `json:"name"`
		Numbers  []string      `json:"numbers"`
		Patterns []string      `json:"patterns"`
		Flow     callflow.Node `json:"flow"`
	}
	decode(t, parts, "callflows.json", &flows)
	directory := callflow.Memory{}
	for _, f := range flows {
		directory[acme] = append(directory[acme], callflow.MemoryDocument{
			Document: callflow.Document{ID: f.ID, Name: f.Name, Numbers: f.Numbers, Flow: f.Flow}, Patterns: f.Patterns,
		})
	}
	var others []struct {
		ID   callflow.ID   `json:"id"`
		Kind callflow.Kind `json:"kind"`
		Data callflow.Data `json:"data"`
	}
	decode(t, parts, "documents.json", &others)
	for _, d := range others {
		directory[acme] = append(directory[acme], callflow.MemoryDocument{
			Document: callflow.Document{ID: d.ID}, Kind: d.Kind,
			Data: d.Data,
		})
	}
	functions := cannedFunctions{}
	decode(t, parts, "functions.json", &functions)
	call := map[string]any{}
	decode(t, parts, "call.json", &call)
	var settings struct {
		BranchLimit   int   `json:"branch_limit"`
		StepLimit     int   `json:"step_limit"`
		HangUpAfterMS int64 `json:"hang_up_after_ms"`
	}
	decode(t, parts, "settings.json", &settings)

	simulator := callflow.Simulator{
		Executor: &callflow.Executor{
			Runner: functions, Directory: directory, BranchLimit: settings.BranchLimit, StepLimit: settings.StepLimit,
		},
		Random: bytes.NewReader(bytes.Repeat([]byte{0xca}, 16)),
		Clock:  func() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) }, // a Monday
	}
	var script jsonvalue.Object
	decode(t, parts, "script.json", &script)
	trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
		Account: acme, Call: call, Script: script.Members, ScriptOrder: script.Order, TimeZone: "Europe/Berlin",
		HangUpAfter: time.Duration(settings.HangUpAfterMS) * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

func decode(t *testing.T, parts map[string][]byte, name string, into any) {
	t.Helper()
	raw, ok := parts[name]
	if !ok {
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: got error %v, want it decoded", name, err)
	}
}

// cannedFunctions answers runs by function id. In a result, text members "$call[…]" are replaced by parameters, so that
// a fixture can show what a function got.
type cannedFunctions map[function.ID]struct {
	Outcome runs.Outcome     `json:"outcome"`
	Flow    jsonvalue.Object `json:"flow"`
	Value   json.RawMessage  `json:"value"`
	Error   *function.Error  `json:"error"`
	Logs    []string         `json:"logs"`
}

func (c cannedFunctions) Run(_ context.Context, r function.Request) function.Result {
	canned, ok := c[r.Function]
	if !ok || r.Account != acme || r.Origin != function.FromRehearsal {
		return function.Result{
			Outcome: runs.NotFound,
			Error:   function.NewError("this account has no such function", ""),
		}
	}
	flow, _ := fill(canned.Flow.Members, r.Params).(map[string]any)
	return function.Result{
		Run: "7e570000000000000000000000000001", Outcome: canned.Outcome, Flow: flow, Order: canned.Flow.Order,
		Value: canned.Value,
		Error: canned.Error, Logs: canned.Logs, Duration: 1500 * time.Microsecond,
	}
}

func fill(v any, params map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return nil
		}
		out := map[string]any{}
		for name, member := range v {
			out[name] = fill(member, params)
		}
		return out
	case string:
		for name, value := range params {
			v = strings.ReplaceAll(v, "$call["+name+"]", value)
		}
		return v
	}
	return v
}
