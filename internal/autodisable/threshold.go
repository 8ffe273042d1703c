package autodisable

import (
	"encoding/json"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/runs"
)

// Threshold is how much failing is too much.
type Threshold struct {
	Failures int           // so many failures, 1 to 100; 0 switches nothing off
	Within   time.Duration // in this time
}

// Default is KAZOO's: 6 failures in a minute.
func Default() Threshold { return Threshold{Failures: 6, Within: time.Minute} }

// counts reports whether an outcome is the function's own failure. What the platform did, refused or could not do is
// not.
func counts(o runs.Outcome) bool {
	switch o {
	case runs.Threw, runs.Timeout, runs.Memory, runs.Crashed, runs.InvalidFlow, runs.NoFlow,
		runs.TooLarge:
		return true
	}
	return false
}

// thresholdOf is an account's own threshold as far as it has one that makes sense, else the system's.
func thresholdOf(doc datastore.Document, system Threshold) Threshold {
	own, _ := doc["functions"].(map[string]any)
	if n, ok := whole(own["attempt_failure_count"]); ok && n >= 1 && n <= 100 {
		system.Failures = int(n)
	}
	if ms, ok := whole(own["attempt_failure_expiry_ms"]); ok && ms >= 1000 && ms <= 3_600_000 {
		system.Within = time.Duration(ms) * time.Millisecond
	}
	return system
}

func whole(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}
