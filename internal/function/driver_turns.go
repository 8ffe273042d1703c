package function

import (
	"context"

	"callfn/internal/runs"
)

// Lane makes accounts take turns: *fair.Lane.
type Lane interface {
	// Admit waits for the account's turn, or refuses with an error that wraps sandbox.ErrBusy. Call leave once,
	// afterwards.
	Admit(ctx context.Context, root, account string) (leave func(), err error)
}

// Turns are the lanes of calls and of rehearsals.
type Turns struct{ Calls, Rehearsals Lane }

// Admit waits for a run's turn in its lane.
func (t Turns) Admit(ctx context.Context, terms runs.Terms) (leave func(), err error) {
	lane := t.Calls
	if terms.Rehearsal {
		lane = t.Rehearsals
	}
	return lane.Admit(ctx, terms.Root, terms.Account)
}

// InTurn limits concurrent runs per account in front of a Driver that cannot do so itself, such as CouchDB.
type InTurn struct {
	Driver Driver
	Turns
}

// Evaluate waits for the account's turn and evaluates. An error that wraps sandbox.ErrBusy is a refusal.
func (d InTurn) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	leave, err := d.Admit(ctx, e.Terms)
	if err != nil {
		return runs.Report{}, err
	}
	defer leave()
	return d.Driver.Evaluate(ctx, e)
}

// EarlyRefusal refuses runs for which a queue further on has no room, before anything is read for them.
type EarlyRefusal struct {
	Driver Driver
	Full   func(runs.Terms) error // the error with which that queue would refuse the run; nil where it would not
}

// Evaluate evaluates what has a chance of a turn. An error that wraps sandbox.ErrBusy is a refusal.
func (d EarlyRefusal) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	if err := d.Full(e.Terms); err != nil {
		return runs.Report{}, err
	}
	return d.Driver.Evaluate(ctx, e)
}
