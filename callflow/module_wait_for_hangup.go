package callflow

import "context"

// waitForHangup is KAZOO's `wait_for_hangup` (cf_wait_for_hangup.erl): it waits until the caller hangs up, then stops.
func waitForHangup(ctx context.Context, t *Turn) Next {
	if err := t.Switch.WaitForHangup(ctx); err != nil && !hungUp(err) {
		t.fail(err)
	}
	return Stop()
}

// deadAir is KAZOO's `dead_air` (cf_dead_air.erl): it answers, is silent until the caller hangs up, then stops.
func deadAir(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Answer(ctx); err != nil {
		t.fail(err)
	}
	return waitForHangup(ctx, t)
}
