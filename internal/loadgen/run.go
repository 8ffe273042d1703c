package loadgen

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/steal"
)

// Run calls the targets by the plan. When ctx ends it stops early and returns what was measured until then, with ctx's
// error.
func Run(ctx context.Context, plan Plan, targets []Target) ([]Result, error) {
	if err := plan.check(); err != nil {
		return nil, err
	}
	results := make([]Result, len(targets))
	order := make([]int, len(targets))
	for i, t := range targets {
		results[i], order[i] = newResult(t.Name), i
		if plan.WarmUp > 0 {
			oneRound(ctx, plan, t, turn{long: plan.WarmUp})
		}
	}
	all, done := plan.Rounds*len(targets), 0
	for n := range plan.Rounds {
		for _, i := range order {
			if ctx.Err() != nil {
				return results, ctx.Err()
			}
			results[i].add(oneRound(ctx, plan, targets[i], turn{n + 1, plan.Duration / time.Duration(plan.Rounds), done, all}))
			done++
		}
		slices.Reverse(order) // nobody is always first
	}
	return results, ctx.Err()
}

// turn is one target's turn in one round.
type turn struct {
	round     int // from 1; 0 for the warm-up
	long      time.Duration
	done, all int // turns of all targets
}

// oneRound calls one target for a while.
func oneRound(ctx context.Context, plan Plan, t Target, turn turn) Round {
	r, long := newRecorder(), turn.long
	stopReports := reportProgress(plan, t, turn, r)
	before := steal.Now()
	start := time.Now()
	next := closedLoop(start, long)
	if plan.Rate > 0 {
		next = openLoop(start, long, plan.Rate)
	}
	var callers sync.WaitGroup
	for range plan.Connections {
		callers.Go(func() {
			for ctx.Err() == nil {
				due, ok := next()
				if !ok || !await(ctx, due, plan.Rate) {
					return
				}
				if time.Since(start) > long+plan.Timeout { // nobody waits any more for what is late by then
					r.note(NotSent, time.Since(due))
					continue
				}
				call, cancel := context.WithTimeout(ctx, plan.Timeout)
				outcome := t.Call(call)
				cancel()
				if ctx.Err() == nil { // what was interrupted says nothing about the target
					r.note(outcome, time.Since(due))
				}
			}
		})
	}
	callers.Wait()
	stopReports()
	return r.round(time.Since(start), steal.Now().Since(before))
}

// closedLoop lets every caller call again at once, until it is over.
func closedLoop(start time.Time, long time.Duration) func() (time.Time, bool) {
	return func() (time.Time, bool) {
		now := time.Now()
		return now, now.Sub(start) < long
	}
}

// openLoop hands out the moments at which calls are due, until it is over.
func openLoop(start time.Time, long time.Duration, rate float64) func() (time.Time, bool) {
	var calls atomic.Int64
	return func() (time.Time, bool) {
		after := time.Duration(float64(calls.Add(1)-1) / rate * float64(time.Second))
		return start.Add(after), after < long
	}
}

// reportProgress reports progress until the function that it returns is called.
func reportProgress(plan Plan, t Target, turn turn, r *recorder) (done func()) {
	if plan.Progress == nil {
		return func() {}
	}
	began := time.Now()
	report := func() {
		p := Progress{Target: t.Name, Round: turn.round, Rounds: plan.Rounds}
		p.Calls, p.Failed = r.counts()
		if turn.round > 0 {
			p.Share = (float64(turn.done) + min(float64(time.Since(began))/float64(turn.long), 1)) / float64(turn.all)
		}
		plan.Progress(p)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				report()
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		report()
	}
}
