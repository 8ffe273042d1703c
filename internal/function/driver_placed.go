package function

import (
	"context"

	"callfn/internal/runs"
)

// Placed is a Driver for functions that a storage plan may move: each run is evaluated by the driver for where they are
// now.
type Placed struct {
	Own       func() bool // reports whether functions are in this process's own node
	Here      Driver      // for the own node
	Elsewhere Driver
}

// Evaluate evaluates where functions are now.
func (d Placed) Evaluate(ctx context.Context, e Evaluation) (runs.Report, error) {
	if d.Own() {
		return d.Here.Evaluate(ctx, e)
	}
	return d.Elsewhere.Evaluate(ctx, e)
}
