package runrecord

import (
	"log/slog"
	"time"

	"callfn/internal/datastore"
)

// DocumentType is the pvt_type of records.
const DocumentType = "function_run"

// Collection returns the collection of the records. It sends nothing.
func Collection(stores datastore.Resolver) datastore.Collection {
	return datastore.Collection{
		Datastores: stores, Database: datastore.FunctionRuns, Type: DocumentType, Design: "function_runs",
		Listing: "crossbar_listing",
	}
}

// Config configures a Recorder. The first block is required; a zero field of the second means its default.
type Config struct {
	Datastores datastore.Resolver
	Now        func() time.Time
	Log        *slog.Logger
	Keep       Keep

	Buffer      int           // most records that wait to be written; 4096
	BufferBytes int64         // approximate bytes of results and logs that may wait to be written; 32 MiB
	FlushEvery  time.Duration // how long a record may wait, except a busy function's; 500 ms
	SweepEvery  time.Duration // how often superfluous records are removed; a minute
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
