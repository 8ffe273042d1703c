// Package runrecord keeps records of functions' runs in the database function_runs, for the admin who asks in the morning why a
// call went where it went. Records are written in batches, off the call's path: a run hands its result over and goes on; when
// more comes than can be written, records are dropped and counted.
package runrecord

import (
	"log/slog"
	"time"

	"callfn/internal/datastore"
)

// DocumentType is the pvt_type of records.
const DocumentType = "function_run"

// Collection names the records. It sends nothing.
func Collection(stores datastore.Resolver) datastore.Collection {
	return datastore.Collection{
		Datastores: stores, Database: datastore.FunctionRuns, Type: DocumentType, Design: "function_runs", Listing: "crossbar_listing",
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
	FlushEvery  time.Duration // how long a record may wait, but a busy function's successes; 500 ms
	SweepEvery  time.Duration // how often what need not be kept is removed; a minute
}

// Keep says which records are kept, and how much of a run.
type Keep struct {
	Successes  int           // the last so many runs of each function that gave a flow; 0 for none
	Failures   bool          // every run that gave none; of refused ones the latest, under overload
	For        time.Duration // how long a record is kept; forever when zero
	Parameters bool          // the call's parameters too; digits and PINs never
}

// DefaultKeep is all failures and the last 100 successes of each function, for a week, without parameters.
func DefaultKeep() Keep { return Keep{Successes: 100, Failures: true, For: 7 * 24 * time.Hour} }

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
