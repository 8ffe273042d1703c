package fair

import "callfn/internal/sandbox"

// RefusedError is the refusal of a job that would wait in vain. It is a sandbox.ErrBusy.
type RefusedError struct {
	Reason string // a sentence for the admin
	Own    bool   // the account, or those it belongs to, has too much waiting itself; else everybody together has
}

func (e *RefusedError) Error() string { return sandbox.ErrBusy.Error() + ": " + e.Reason }

// Unwrap gives sandbox.ErrBusy.
func (e *RefusedError) Unwrap() error { return sandbox.ErrBusy }
