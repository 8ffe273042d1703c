// Package runnertest is the contract suite of every place that evaluates functions: text fixtures, each a function, a
// call and what must come of it, run against the sandbox alone, the embedded node, and CouchDB servers of others.
//
// A fixture is a txtar archive in testdata:
//
//	-- function.js --   the function body
//	-- doc.json --      optional: members to add to or replace in the stored document
//	-- params.json --   optional: the flat parameters ({"To": "1000"} when absent)
//	-- run.json --      optional: {"timezone": IANA name, "now": RFC 3339}, what the function's Date is in and begins at
//	-- want.json --     {"outcome": …, "value": …, "exact": …, "message": part of the error's, "hint": part of it,
//	                    "line": n, "column": n, "logs": […], "levels": […],
//	                    "deadline_ms": 3000 when absent, 500 where a timeout is wanted}
//
// A fixture whose document declares bindings is refused, with a sentence that says so, in every place that has none.
package runnertest

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"callfn/internal/bindings"
	"callfn/internal/function"
	"callfn/internal/function/fixtures"
	"callfn/internal/runs"
)

//go:embed testdata
var testdata embed.FS

// Account owns the fixtures' functions, unless a fixture says otherwise.
const Account = "acc0000000000000000000000000acc0"

// Place is somewhere functions are evaluated.
type Place struct {
	Driver function.Driver
	// Store makes the place hold the document under its _id.
	Store func(ctx context.Context, doc map[string]any) error
	// Differs lists what this place is known not to do, fixture name to reason. A fixture listed here that passes fails
	// the suite: the list can only change in a diff.
	Differs map[string]string
	// Leave lists the fixtures that must not be run in this place, because it would not survive them.
	Leave []string
	// May lists what depends on the place's version or luck, fixture name to reason: such a fixture may fail.
	May map[string]string
	// Bindings is set for places that give functions what their bindings say.
	Bindings bool
	// NoLogs is set for engines that keep no logs.
	NoLogs bool
	// NoHints is set for engines that are not ours: the Runner gives the hints there, where it has the function's text.
	NoHints bool
	// NoPositions is set for engines that report no column, or another than ours.
	NoPositions bool
}

// fixture is one parsed archive.
type fixture struct {
	name   string
	source string
	doc    map[string]any
	params map[string]string
	run    run
	want   want
}

type run struct {
	TimeZone string    `json:"timezone"`
	Now      time.Time `json:"now"`
}

type want struct {
	Outcome runs.Outcome    `json:"outcome"`
	Value   any             `json:"value"`
	Exact   json.RawMessage `json:"exact"` // the value again, where the order of its members counts
	Message string          `json:"message"`
	Line    int             `json:"line"`
	Column  int             `json:"column"`
	Logs    []string        `json:"logs"`
	Levels  []string        `json:"levels"`
	Hint    string          `json:"hint"`

	DeadlineMS int64 `json:"deadline_ms"`
}

// Run runs every fixture in the place.
func Run(t *testing.T, p Place) {
	all, err := fixtures.Load(testdata, parse)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		t.Run(f.name, func(t *testing.T) {
			if slices.Contains(p.Leave, f.name) {
				t.Skip("this place has no limits and would not survive it; it runs in the sandbox and on the embedded node")
			}
			id := fmt.Sprintf("%032x", i+1)
			problem := p.check(f, function.ID(id))
			reason, known := p.Differs[f.name]
			switch {
			case known && problem == "":
				t.Errorf("listed as a known difference (%s), but it passes: take it off the list", reason)
			case known:
				t.Logf("known difference: %s: %s", reason, problem)
			case problem != "" && p.May[f.name] != "":
				t.Logf("not on every version: %s: %s", p.May[f.name], problem)
			case problem != "":
				t.Error(problem)
			}
		})
	}
	for _, list := range []map[string]string{p.Differs, p.May} {
		for name := range list {
			if !has(all, name) {
				t.Errorf("known difference %q names no fixture", name)
			}
		}
	}
}

// check stores and runs one fixture and says what is wrong, or "".
func (p Place) check(f fixture, id function.ID) string {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	doc := map[string]any{
		"_id": string(id), "name": f.name, "function_js": f.source, "pvt_type": "function", "pvt_account_id": Account,
	}
	for k, v := range f.doc {
		doc[k] = v
	}
	if err := p.Store(ctx, doc); err != nil {
		return err.Error()
	}
	params := map[string]string{"Account-ID": Account}
	for k, v := range f.params {
		params[k] = v
	}
	deadline := 3 * time.Second // a busy machine must not make a timeout of what ends by itself
	if f.want.Outcome == runs.Timeout {
		deadline = 500 * time.Millisecond
	}
	if f.want.DeadlineMS > 0 {
		deadline = time.Duration(f.want.DeadlineMS) * time.Millisecond
	}
	var got runs.Report
	for range tries {
		var err error
		terms := runs.Terms{
			Run: runs.ID(fmt.Sprintf("%032x", time.Now().UnixNano())), Deadline: deadline,
			TimeZone: f.run.TimeZone, Now: f.run.Now,
		}
		terms.Account, terms.Function = Account, string(id)
		got, err = p.Driver.Evaluate(ctx, function.Evaluation{Terms: terms, Function: id, Params: params})
		if err != nil {
			return err.Error()
		}
		if got.Outcome != runs.Timeout || f.want.Outcome == runs.Timeout {
			break
		}
	}
	want := f.want
	if !p.Bindings && f.declares() && want.Outcome != runs.NotFound {
		want = noBindings
	}
	return p.compare(want, got)
}

// noBindings is what a place without bindings makes of a function that declares any.
var noBindings = want{Outcome: runs.Refused, Message: "the function declares bindings"}

func (f fixture) declares() bool {
	raw, err := json.Marshal(f.doc["bindings"])
	return err == nil && bindings.Declared(raw)
}

// tries is how often what ends by itself may time out: a query server that another started has a deadline of its own,
// which no fixture can raise, and the machine may be busy.
const tries = 3

func (p Place) compare(w want, got runs.Report) string {
	var value any
	if got.Value != nil {
		if err := json.Unmarshal(got.Value, &value); err != nil {
			return err.Error()
		}
	}
	var e runs.Failure
	if got.Error != nil {
		e = *got.Error
	}
	switch {
	case got.Outcome != w.Outcome:
		return fmt.Sprintf("outcome %s, want %s (value %s, error %+v)", got.Outcome, w.Outcome, got.Value, e)
	case got.Outcome == runs.OK && !reflect.DeepEqual(value, w.Value):
		return fmt.Sprintf("value %s, want %v", got.Value, w.Value)
	case w.Exact != nil && !bytes.Equal(got.Value, w.Exact):
		return fmt.Sprintf("value %s, want its members in the order of %s", got.Value, w.Exact)
	case !strings.Contains(e.Message, w.Message):
		return fmt.Sprintf("message %q, want it to hold %q", e.Message, w.Message)
	case w.Line != 0 && e.Line != w.Line && !p.NoPositions:
		return fmt.Sprintf("line %d, want %d (%q)", e.Line, w.Line, e.Message)
	case w.Column != 0 && e.Column != w.Column && !p.NoPositions:
		return fmt.Sprintf("column %d, want %d (%q)", e.Column, w.Column, e.Message)
	case len(w.Logs) > 0 && !p.NoLogs && !reflect.DeepEqual(got.Logs, w.Logs):
		return fmt.Sprintf("logs %q, want %q", got.Logs, w.Logs)
	case len(w.Levels) > 0 && !p.NoLogs && !reflect.DeepEqual(got.Levels, w.Levels):
		return fmt.Sprintf("levels %q, want %q", got.Levels, w.Levels)
	case !strings.Contains(e.Hint, w.Hint) && !p.NoHints:
		return fmt.Sprintf("hint %q, want it to hold %q", e.Hint, w.Hint)
	}
	return ""
}

func has(all []fixture, name string) bool {
	for _, f := range all {
		if f.name == name {
			return true
		}
	}
	return false
}

func parse(name string, a *txtar.Archive) (fixture, error) {
	f := fixture{name: name}
	targets := map[string]any{"doc.json": &f.doc, "params.json": &f.params, "run.json": &f.run, "want.json": &f.want}
	for _, file := range a.Files {
		if file.Name == "function.js" {
			f.source = strings.TrimSuffix(string(file.Data), "\n")
			continue
		}
		target, ok := targets[file.Name]
		if !ok {
			return f, fmt.Errorf("unknown part %s", file.Name)
		}
		d := json.NewDecoder(bytes.NewReader(file.Data))
		d.DisallowUnknownFields()
		if err := d.Decode(target); err != nil {
			return f, fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	if f.params == nil {
		f.params = map[string]string{"To": "1000"}
	}
	if !f.want.Outcome.Known() {
		return f, fmt.Errorf("want.json names no outcome of the closed set: %q", f.want.Outcome)
	}
	return f, nil
}
