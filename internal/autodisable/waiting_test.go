package autodisable_test

import (
	"context"
	"testing"
	"time"

	"callfn/internal/autodisable"
	"callfn/internal/function"
)

// late is a Driver whose place gives no answer in time and says afterwards how the function ended; "" says nothing.
type late struct{ end function.Outcome }

func (l late) Evaluate(context.Context, function.Evaluation) (function.Evaluated, error) {
	settled := make(chan function.Outcome, 1)
	if l.end != "" {
		settled <- l.end
	}
	close(settled)
	return function.Evaluated{
		Outcome: function.Timeout, Error: &function.Error{Message: "given up"},
		Settled: settled,
	}, nil
}

// A run that was given up counts only when CouchDB says in the end that the function was at fault.
func TestWaitingNeverSwitchesAFunctionOff(t *testing.T) {
	for end, want := range map[function.Outcome]uint64{
		function.OK: 0, "": 0, function.EngineDown: 0, function.Timeout: 6,
		function.Threw: 6,
	} {
		w := newWorld(t)
		id := w.function()
		r := function.NewRunner(function.Config{
			Driver: late{end}, NewRun: func() function.RunID { return "r" }, Observers: []function.Observer{w.guard},
		})
		for range autodisable.Default().Failures {
			r.Run(t.Context(), function.Request{Account: acme, Function: id, Origin: function.FromCall})
		}
		if want == 0 {
			// A function that fails for certain, counted after the others, shows that those were looked at.
			other := w.function()
			for range autodisable.Default().Failures {
				w.guard.Ran(ran(other, began, function.Threw))
			}
			id = other
			want = 6
			w.await(func() bool { return w.guard.Stats().Disabled == 1 })
		}
		w.await(func() bool { return w.guard.Stats().Failures >= want && w.guard.Stats().Disabled == 1 })
		if got := w.guard.Stats(); got.Failures != want || got.Disabled != 1 {
			t.Errorf("ended %q: %+v, want %d failures and one function off", end, got, want)
		}
	}
}

// await waits until a condition holds.
func (w *world) await(holds func() bool) {
	w.t.Helper()
	for until := time.Now().Add(5 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			w.t.Fatalf("not within 5 s: %+v", w.guard.Stats())
		}
	}
}
