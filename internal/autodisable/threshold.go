package autodisable

import (
	"encoding/json"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/runs"
)

// Threshold decides when a function is disabled: after Failures failures in calls within a time.
type Threshold struct {
	Failures int // 1 to 100; 0 disables no function
	Within   time.Duration
}

// Default returns KAZOO's threshold: 6 failures in a minute.
func Default() Threshold { return Threshold{Failures: 6, Within: time.Minute} }

// reached reports whether a function with these recent failures is to be disabled.
func (t Threshold) reached(recent []failure) bool { return len(recent) >= t.Failures }

// recent returns those failures that began within t.Within before the last one, at most the last t.Failures.
func (t Threshold) recent(all []failure) []failure {
	kept := after(all, all[len(all)-1].at.Add(-t.Within))
	return kept[max(len(kept)-t.Failures, 0):]
}

// after returns the failures of runs that began after a time.
func after(all []failure, since time.Time) []failure {
	var kept []failure
	for _, f := range all {
		if f.at.After(since) {
			kept = append(kept, f)
		}
	}
	return kept
}

// counts reports whether an outcome is the function's own failure, and not one of the platform.
func counts(o runs.Outcome) bool {
	switch o {
	case runs.Threw, runs.Timeout, runs.Memory, runs.Crashed, runs.InvalidFlow, runs.NoFlow,
		runs.TooLarge:
		return true
	}
	return false
}

// thresholdOf returns an account's own threshold as far as it has valid settings, else the system's.
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
