package fair

import (
	"context"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// Evaluator runs sandbox jobs. It is a *sandbox.Pool, or a Lane in front of one.
type Evaluator interface {
	Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error)
}

// Lanes sends calls and rehearsals to separate lanes.
type Lanes struct{ Calls, Rehearsals Evaluator }

// Do runs the job on the lane it belongs to.
func (l Lanes) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) {
	if j.Rehearsal {
		return l.Rehearsals.Do(ctx, j)
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
