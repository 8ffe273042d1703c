package autodisable_test

import (
	"context"
	"fmt"
	"testing"

	"callfn/internal/autodisable"
	"callfn/internal/await"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// late is a Driver whose place does not answer in time and says afterwards how the function ended; "" says nothing.
type late struct{ end runs.Outcome }

func (l late) Evaluate(context.Context, function.Evaluation) (runs.Report, error) {
	settled := make(chan runs.Outcome, 1)
	if l.end != "" {
		settled <- l.end
	}
	close(settled)
	return runs.Report{
		Outcome: runs.Timeout, Error: &runs.Failure{Message: "given up"},
		Settled: settled,
	}, nil
}

// An abandoned run counts only if CouchDB says in the end that the function was at fault.
func TestWaitingNeverSwitchesAFunctionOff(t *testing.T) {
	for end, want := range map[runs.Outcome]uint64{
		runs.OK: 0, "": 0, runs.EngineDown: 0, runs.Timeout: 6,
		runs.Threw: 6,
	} {
		w := newWorld(t)
		id := w.function()
		r := function.NewRunner(function.Config{
			Driver: late{end}, NewRun: func() runs.ID { return "r" }, Observers: []function.Observer{w.guard},
		})
		for range autodisable.Default().Failures {
			r.Run(t.Context(), function.Request{Account: acme, Function: id, Origin: function.FromCall})
		}
		if want == 0 {
			// A function that certainly fails, counted after the others, shows that those were examined.
			other := w.function()
			for range autodisable.Default().Failures {
				w.guard.Ran(ran(other, began, runs.Threw))
			}
			id = other
			want = 6
			await.True(t, "one function off", func() bool { return w.guard.Stats().Disabled == 1 })
		}
		await.Value(t, fmt.Sprintf("%d failures and one function off", want), func() (string, bool) {
			got := w.guard.Stats()
			return fmt.Sprintf("%+v", got), got.Failures >= want && got.Disabled == 1
		})
		if got := w.guard.Stats(); got.Failures != want || got.Disabled != 1 {
			t.Errorf("ended %q: %+v, want %d failures and one function off", end, got, want)
		}
	}
}
