package runrecord

import (
	"time"

	"callfn/internal/function"
	"callfn/internal/runs"
)

// Keep configures which records are kept, and how much of a run. The last runs of each function are kept class by
// class, so that many runs of one class displace no others.
type Keep struct {
	Successes  int // calls that returned a flow; 0 for none
	Failures   int // calls that returned none; 0 for none. At most mostRefused of them are refusals
	Rehearsals int // rehearsals and drafts of any outcome; 0 for none
	// PerAccount bounds all records of an account, including those of deleted functions; no bound when zero.
	PerAccount int
	For        time.Duration // how long a record is kept; forever when zero
	Parameters bool          // also keep the call's parameters; never digits and PINs
}

// mostRefused bounds the kept refusals of a function. They come by the thousand in an overload and tell little.
const mostRefused = 100

// DefaultKeep keeps records for a week, without parameters.
func DefaultKeep() Keep {
	return Keep{Successes: 100, Failures: 1000, Rehearsals: 100, PerAccount: 20_000, For: 7 * 24 * time.Hour}
}

// class is a kind of runs of which the last ones are kept. The view `kept` knows the classes.
type class string

const (
	succeeded class = "ok"
	failed    class = "failed"
	refused   class = "refused"
	rehearsed class = "rehearsal"
)

func classOf(ran function.Ran) class {
	switch {
	case ran.Origin == function.FromRehearsal:
		return rehearsed
	case ran.Outcome == runs.OK:
		return succeeded
	case ran.Outcome == runs.Refused:
		return refused
	}
	return failed
}

// most returns how many runs of a class are kept for each function.
func (k Keep) most(c class) int {
	switch c {
	case succeeded:
		return k.Successes
	case rehearsed:
		return k.Rehearsals
	case refused:
		return min(k.Failures, mostRefused)
	}
	return k.Failures
}
