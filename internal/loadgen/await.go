package loadgen

import (
	"context"
	"time"
)

// coarse is by how much the Go runtime's timers may go off late, on Linux: it asks the system for whole milliseconds.
const coarse = 1200 * time.Microsecond

// await waits until a call is due; false when ctx ended before. A call's time counts from when it was due, so whatever await is late by
// would be told as the target's: the last millisecond is left to the system's own clock, which half the time is late by less than a
// tenth of one.
func await(ctx context.Context, due time.Time) bool {
	if wait := time.Until(due) - coarse; wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	for wait := time.Until(due); wait > 0; wait = time.Until(due) {
		pause(wait)
	}
	return ctx.Err() == nil
}
