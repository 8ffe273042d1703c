package callflow

import "context"

// noop is KAZOO's `noop` (cf_noop.erl): it waits until everything requested of the switch before is done and continues,
// or stops if that fails.
func noop(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Noop(ctx); err != nil {
		t.fail(err)
		return Stop()
	}
	return Continue()
}
