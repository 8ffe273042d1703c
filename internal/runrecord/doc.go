// Package runrecord keeps records of functions' runs in the database function_runs, for the admin who asks in the
// morning why a call went where it went. Records are written in batches, off the call's path: a run hands its result
// over and goes on; when more comes than can be written, records are dropped and counted.
package runrecord

import (
	"log/slog"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// DocumentType is the pvt_type of records.
const DocumentType = "function_run"

// Collection names the records. It sends nothing.
func Collection(stores datastore.Resolver) datastore.Collection {
	return datastore.Collection{
		Datastores: stores, Database: datastore.FunctionRuns, Type: DocumentType, Design: "function_runs",
		Listing: "crossbar_listing",
	}
}

// Config is what a Recorder needs. The first block is required; a zero field of the second means its default.
type Config struct {
	Datastores datastore.Resolver
	Now        func() time.Time
	Log        *slog.Logger
	Keep       Keep

	Buffer      int           // records that may wait to be written; 4096
	BufferBytes int64         // bytes of results and logs, roughly, that may wait to be written; 32 MiB
	FlushEvery  time.Duration // how long a record may wait, but a busy function's; 500 ms
	SweepEvery  time.Duration // how often what need not be kept is removed; a minute
}

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

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Buffer <= 0 {
		c.Buffer = 4096
	}
	if c.BufferBytes <= 0 {
		c.BufferBytes = 32 << 20
	}
	if c.FlushEvery <= 0 {
		c.FlushEvery = 500 * time.Millisecond
	}
	if c.SweepEvery <= 0 {
		c.SweepEvery = time.Minute
	}
	return c
}
