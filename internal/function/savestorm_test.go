package function_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"callfn/couchapp"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

// A storm of saves, with bodies that are hard on a parser: each ends, as a syntax error, as fine, or refused; and no
// call notices, for saves have workers and a queue of their own.
func TestSaveStorm(t *testing.T) {
	calls, saves := sandboxtest.Pool(t, 1), sandboxtest.Pool(t, 1)
	lanes := fair.Lanes{
		Calls: fair.NewLane(calls, fair.Config{Workers: 1, Queue: 64, MaxWait: runs.CallWait}),
		Rehearsals: fair.NewLane(saves, fair.Config{
			Workers: 1, Queue: 64,
			MaxWait: runs.RehearsalWait,
		}),
	}
	limits := sandbox.Limits{Deadline: sandbox.DefaultLimits().Deadline}
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), queryserver.Engine{
		Shows: lanes, Maps: saves,
		Limits: limits,
	}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	place := onNode(install(t, connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()}),
		couchapp.Callfn))
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	runner := function.NewRunner(function.Config{
		Driver: place.Driver, Drafts: function.LocalDrafts{Eval: lanes, Wh: wh(t), Limits: limits}, Flows: set,
		Deadline: limits.Deadline,
		NewRun:   func() runs.ID { return "r1" },
	})
	const id = "0000000000000000000000000000000b"
	if err := place.Store(t.Context(), map[string]any{
		"_id": id, "pvt_type": "function", "pvt_account_id": "b",
		"function_js": "return {module: 'hangup', data: {}}",
	}); err != nil {
		t.Fatal(err)
	}
	bombs := []string{
		strings.Repeat("(", 32<<10) + strings.Repeat(")", 32<<10),
		strings.Repeat("[", 64<<10),
		strings.Repeat("{", 32<<10) + strings.Repeat("}", 32<<10),
		"return " + strings.Repeat("a=>", 20<<10) + "1",
		"return " + strings.Repeat("-", 64<<10-8) + "1",
		"return /" + strings.Repeat("(a*)*", 12<<10) + "/",
		"return `" + strings.Repeat("${`", 20<<10),
		"for(;;){" + strings.Repeat("try{", 3000) + "return 1" + strings.Repeat("}finally{break}", 3000) + "}", // memory
	}
	var wg sync.WaitGroup
	for i := range 140 {
		wg.Go(func() {
			if _, _, err := runner.CheckSyntax(t.Context(), "a", bombs[i%len(bombs)]); err != nil &&
				!errors.Is(err, sandbox.ErrBusy) {
				t.Errorf("bomb %d: got %v, want it checked or %v", i%len(bombs), err, sandbox.ErrBusy)
			}
		})
	}
	for range 50 {
		res := runner.Run(t.Context(), function.Request{
			Account: "b", Function: id, Origin: function.FromCall,
			Params: map[string]string{"To": "1"},
		})
		if res.Outcome != runs.OK {
			t.Errorf("a call beside the storm: got %s %+v, want %s", res.Outcome, res.Error, runs.OK)
		}
	}
	wg.Wait()
	last := bombs[len(bombs)-1]
	if fault, _, err := runner.CheckSyntax(t.Context(), "b", last); err != nil || fault == nil ||
		!strings.Contains(fault.Message, "too much memory") {
		t.Errorf("a source that takes too much memory to parse: got %+v, error %v; want a fault that says so", fault, err)
	}
	if _, _, err := runner.CheckSyntax(t.Context(), "b", "return {module: 'noop'}"); err != nil {
		t.Errorf("a save after the storm: got %v, want it checked", err)
	}
}
