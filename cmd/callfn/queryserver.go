package main

import (
	"context"
	"time"

	"callfn/internal/printable"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// limitFlags bound every run of a function.
type limitFlags struct {
	Deadline  time.Duration `default:"1s" range:"1ms..5s" group:"limits"`
	MemoryMiB int64         `name:"memory-mib" default:"64" range:"4..1024" group:"limits"`
	ResultKiB int           `name:"result-kib" default:"256" range:"1..16384" group:"limits"`
}

func (f limitFlags) limits() (sandbox.Limits, error) {
	l := sandbox.Limits{Deadline: f.Deadline, Memory: f.MemoryMiB << 20, Result: f.ResultKiB << 10}
	switch {
	case f.Deadline < time.Millisecond || f.Deadline > runs.MaxDeadline:
		return l, usageError{errorf("--deadline %s: want between 1ms and %s", f.Deadline, runs.MaxDeadline)}
	case f.MemoryMiB < 4 || f.MemoryMiB > 1024:
		return l, usageError{errorf("--memory-mib %d: want between 4 and 1024", f.MemoryMiB)}
	case f.ResultKiB < 1 || f.ResultKiB > 16<<10:
		return l, usageError{errorf("--result-kib %d: want between 1 and 16384", f.ResultKiB)}
	}
	return l, nil
}

type queryserverCommand struct {
	limitFlags
	RequireConfinement bool
}

// Help says how CouchDB is told about it.
func (queryserverCommand) Help() string {
	return `Set COUCHDB_QUERY_SERVER_CALLFN="/usr/local/bin/callfn queryserver" in CouchDB's environment; design documents
with "language": "callfn" are then evaluated here, each show in a fresh realm of a worker process, with no eval enabled
in CouchDB.
The deadline is cut to CouchDB's own timeout less 300 ms.`
}

// Run serves until CouchDB closes stdin.
func (c queryserverCommand) Run(ctx context.Context, w world) error {
	limits, err := c.limits()
	if err != nil {
		return err
	}
	self, err := sandbox.Self()
	if err != nil {
		return err
	}
	pool, err := sandbox.NewPool(sandbox.Config{Command: self, Workers: 1, RequireConfinement: c.RequireConfinement})
	if err != nil {
		return err
	}
	defer pool.Close()
	// CouchDB passes stderr on to its own; stdout is the protocol's.
	_, _ = printable.Fprintf(w.stderr, "callfn queryserver: confinement %s, deadline %s, memory %d MiB\n",
		pool.Confinement(), limits.Deadline, limits.Memory>>20)
	return queryserver.NewServer(pool, limits).Serve(ctx, w.stdin, w.exact)
}
