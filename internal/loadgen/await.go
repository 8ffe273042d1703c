package loadgen

import (
	"context"
	"time"
)

// coarse is by how much the Go runtime's timers may go off late, on Linux: it asks the system for whole milliseconds.
const coarse = 1200 * time.Microsecond

// await waits until a call is due; false when ctx ended before. A call's time counts from when it was due, so whatever
// await is late by would be told as the target's: where calls come one by one, the last millisecond is left to the
// system's own clock, which half the time is late by less than a tenth of one. A thread waits there for each call,
// which takes the processor from what is measured where there are many: calls that come more often than that wait by
// the runtime's timers.
func await(ctx context.Context, due time.Time, rate float64) bool {
	if rate*coarse.Seconds() > 1 {
		return sleep(ctx, time.Until(due))
	}
	if !sleep(ctx, time.Until(due)-coarse) {
		return false
	}
	for wait := time.Until(due); wait > 0; wait = time.Until(due) {
		pause(wait)
	}
	return ctx.Err() == nil
}

// sleep waits for d by the runtime's timers; false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
