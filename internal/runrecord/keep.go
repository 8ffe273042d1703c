package runrecord

import (
	"time"

	"callfn/internal/function"
	"callfn/internal/runs"
)

// Keep says which records are kept, and how much of a run. The last runs of each function are kept, class by class, so
// that a storm of one class drives out no other.
type Keep struct {
	Successes  int // calls that gave a flow; 0 for none
	Failures   int // calls that gave none; 0 for none. Of those that were refused mostRefused at most
	Rehearsals int // rehearsals and drafts, whatever came of them; 0 for none
	// all records of an account, whatever its functions, deleted ones included; no bound when zero
	PerAccount int
	For        time.Duration // how long a record is kept; forever when zero
	Parameters bool          // the call's parameters too; digits and PINs never
}

// mostRefused bounds the refusals of a function that are kept: they come with an overload, by the thousand, and say
// little.
const mostRefused = 100

// DefaultKeep is for a week, and without parameters.
func DefaultKeep() Keep {
	return Keep{Successes: 100, Failures: 1000, Rehearsals: 100, PerAccount: 20_000, For: 7 * 24 * time.Hour}
}

// class is a kind of runs of which the last are kept. The view `kept` knows them.
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

// most is how many runs of a class are kept of each function.
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
