package callflow

import "context"

// hangup is KAZOO's `hangup` (cf_hangup.erl): it hangs up after everything asked before and ends the call, whatever is
// left to go on with.
func hangup(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Hangup(ctx, ""); err != nil {
		t.fail(err)
	}
	return HardStop()
}
