package fair

import (
	"context"
	"errors"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// Evaluator runs sandbox jobs. It is a *sandbox.Pool, or a Lane in front of one.
type Evaluator interface {
	Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error)
}

// Lanes sends calls and rehearsals to separate lanes, and calls whose code may wait long for its host to a third.
type Lanes struct{ Calls, Rehearsals, Waiting Evaluator }

// Do runs the job on the lane it belongs to.
func (l Lanes) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) {
	if j.Rehearsal {
		return l.Rehearsals.Do(ctx, j)
	}
	if j.Waits && l.Waiting != nil {
		a, err := l.Waiting.Do(ctx, j)
		if refused, ok := errors.AsType[*RefusedError](err); ok {
			err = &RefusedError{Reason: "too many functions wait for answers: " + refused.Reason, Own: refused.Own}
		}
		return a, err
	}
	return l.Calls.Do(ctx, j)
}

// Full returns the error with which Do would refuse a run at once, or nil if it would not. It reserves no place.
func (l Lanes) Full(t runs.Terms) error {
	way := l.Calls
	if t.Rehearsal {
		way = l.Rehearsals
	}
	if lane, ok := way.(*Lane); ok {
		return lane.Full(t.Root, t.Account)
	}
	return nil
}
