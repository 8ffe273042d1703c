package fair

import "callfn/internal/sandbox"

// RefusedError reports a job that the lane refused to run. It wraps sandbox.ErrBusy.
type RefusedError struct {
	Reason string // a sentence for the admin
	Own    bool   // true if the account or its ancestors have too much waiting; false if all accounts together do
}

func (e *RefusedError) Error() string { return sandbox.ErrBusy.Error() + ": " + e.Reason }

// Unwrap returns sandbox.ErrBusy.
func (e *RefusedError) Unwrap() error { return sandbox.ErrBusy }
