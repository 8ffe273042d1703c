package function_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/runs"
)

// Stock engines keep one realm for all functions: a prototype that one of them has changed must not fail the Date of
// the next.
func TestOwnDateSurvivesChangedPrototypes(t *testing.T) {
	script, err := filepath.Abs("testdata/queryserver.js")
	if err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here: install it (Debian: nodejs) and run the test again")
	}
	p := direct(t, queryServers(t, path+" "+script))
	const hostile, next = "d0000000000000000000000000000001", "d0000000000000000000000000000002"
	for id, source := range map[string]string{
		hostile: "Object.defineProperty(Object.prototype, 'get', {value: function () {}}); return {module: 'noop'};",
		next:    "return new Date(2026, 0, 1, 9).toLocaleTimeString('en-US', {hour: 'numeric'}) + ' ' + Date.name;",
	} {
		err := p.Store(t.Context(), map[string]any{
			"_id": id, "name": "dates", "function_js": source, "pvt_type": "function", "pvt_account_id": runnertest.Account,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ask := func(id function.ID) function.Evaluation {
		return function.Evaluation{
			Terms:    runs.Terms{TimeZone: "America/New_York", Deadline: 5 * time.Second},
			Function: id,
			Params:   map[string]string{"Account-ID": runnertest.Account},
		}
	}
	var changed map[string]any
	answer(t, p, ask(hostile), &changed)
	var got string
	answer(t, p, ask(next), &got)
	if want := "9 AM Date"; got != want {
		t.Errorf("a function after one that changed Object.prototype: got %q, want %q", got, want)
	}
}
