package callflow

import (
	"context"
	"time"
)

// maxSleep is KAZOO's longest sleep.
const maxSleep = 24 * time.Hour

// sleep is KAZOO's `sleep` (cf_sleep.erl): it waits for data.duration in data.unit (ms, s, m, h; seconds by default),
// between nothing and a day, without answering. If the caller hangs up meanwhile, the flow stops.
func sleep(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Sleep(ctx, nap(t.Data)); err != nil {
		t.fail(err)
		if hungUp(err) {
			return Stop()
		}
	}
	return Continue()
}

func nap(d Data) time.Duration {
	unit := time.Second
	switch d.String("unit") {
	case "ms":
		unit = time.Millisecond
	case "m":
		unit = time.Minute
	case "h":
		unit = time.Hour
	}
	count := d.Int("duration", 0)
	switch {
	case count < 0:
		return 0
	case count > int64(maxSleep/unit):
		return maxSleep
	}
	return time.Duration(count) * unit
}
