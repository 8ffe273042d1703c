package function

import (
	"context"

	"callfn/internal/runs"
)

// Turns makes accounts take turns: *fair.Lane.
type Turns interface {
	// Admit waits for the account's turn, or refuses with an error that wraps sandbox.ErrBusy. Call leave once,
	// afterwards.
	Admit(ctx context.Context, root, account string) (leave func(), err error)
}

// InTurn is a Driver before one whose place does not know accounts, such as CouchDB, or knows them late: it holds runs
// back here, so that one account's never fill the place, and that what is refused has cost nothing.
type InTurn struct {
	Driver     Driver
	Calls      Turns
	Rehearsals Turns
}

// Evaluate waits for the account's turn and evaluates. An error that wraps sandbox.ErrBusy is a refusal.
func (d InTurn) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	turns := d.Calls
	if e.Rehearsal {
		turns = d.Rehearsals
	}
	leave, err := turns.Admit(ctx, e.Root, e.Account)
	if err != nil {
		return runs.Report{}, err
	}
	defer leave()
	return d.Driver.Evaluate(ctx, e)
}
