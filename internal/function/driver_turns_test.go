package function_test

import (
	"context"
	"testing"
	"time"

	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// Before a place that knows no accounts, one account's runs leave room for another's, and rehearsals for calls.
func TestInTurn(t *testing.T) {
	release := make(chan struct{})
	started := make(chan struct{}, 10)
	place := driverFunc(func(_ context.Context, e function.Evaluation) (runs.Report, error) {
		if e.Account == "a" {
			started <- struct{}{}
			<-release
		}
		return runs.Report{Outcome: runs.NoFlow}, nil
	})
	lane := func() *fair.Lane {
		return fair.NewLane(nil, fair.Config{Workers: 2, Queue: 8, MaxWait: 10 * time.Millisecond})
	}
	r := function.NewRunner(function.Config{
		Driver: function.InTurn{Driver: place, Turns: function.Turns{Calls: lane(), Rehearsals: lane()}},
		NewRun: func() runs.ID { return "r1" },
	})
	run := func(account, origin string) function.Result {
		req := function.Request{Account: "a", Origin: function.FromCall}
		if account != "a" {
			req.Account = "b"
		}
		if origin == "rehearsal" {
			req.Origin = function.FromRehearsal
		}
		return r.Run(context.Background(), req)
	}
	ended := make(chan runs.Outcome, 2)
	go func() { ended <- run("a", "call").Outcome }()
	go func() { ended <- run("a", "rehearsal").Outcome }()
	<-started
	<-started
	if res := run("a", "call"); res.Outcome != runs.Refused || res.Error.Message != "no turn within 10ms" ||
		res.Error.Hint == "" {
		t.Errorf("a second run of a: got %s %+v, want %s: no turn within 10ms", res.Outcome, res.Error, runs.Refused)
	}
	for _, origin := range []string{"call", "rehearsal"} {
		if res := run("b", origin); res.Outcome != runs.NoFlow {
			t.Errorf("b's %s: got %s %+v, want %s", origin, res.Outcome, res.Error, runs.NoFlow)
		}
	}
	close(release)
	for range 2 {
		if o := <-ended; o != runs.NoFlow {
			t.Errorf("a: got %s, want %s", o, runs.NoFlow)
		}
	}
}
