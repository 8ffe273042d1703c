package loadgen

import (
	"context"
	"time"
)

// timerSlack is by how much the Go runtime's timers may go off late, on Linux: it asks the system for whole
// milliseconds.
const timerSlack = 1200 * time.Microsecond

// await waits until a call is due; false when ctx ended before. A call's time counts from when it was due, so any
// lateness of await counts as the target's. Where calls come one by one, the system's own clock waits for the last
// millisecond: half the time it is late by less than a tenth of one. It takes a thread for each call, and with many
// calls those threads take the processor from what is measured: then the runtime's timers wait.
func await(ctx context.Context, due time.Time, rate float64) bool {
	if rate*timerSlack.Seconds() > 1 {
		return sleep(ctx, time.Until(due))
	}
	if !sleep(ctx, time.Until(due)-timerSlack) {
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
