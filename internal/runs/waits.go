package runs

import (
	"context"
	"errors"
)

// WithWaits gives a run that may wait for its host the time for that: the context has the values of ctx, ends WaitMost
// later than ctx does at its deadline, and at once where ctx is cancelled. Who sets the deadline of a run does not know
// yet whether the function waits for anything.
func WithWaits(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if bounded {
		cancel()
		longer, cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline.Add(WaitMost))
	}
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}
