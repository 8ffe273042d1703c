package callflow

import "context"

// hangup is KAZOO's `hangup` (cf_hangup.erl): it hangs up after everything requested before and ends the call, even if
// other flows are left.
func hangup(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Hangup(ctx, ""); err != nil {
		t.fail(err)
	}
	return HardStop()
}
