package function

import "context"

// Placed is a Driver for functions that a storage plan may move: each run is evaluated by the driver for where they are
// now.
type Placed struct {
	Own       func() bool // reports whether functions are in this process's own node
	Here      Driver      // for the own node
	Elsewhere Driver
}

// Evaluate evaluates where functions are now.
func (d Placed) Evaluate(ctx context.Context, e Evaluation) (Evaluated, error) {
	if d.Own() {
		return d.Here.Evaluate(ctx, e)
	}
	return d.Elsewhere.Evaluate(ctx, e)
}
