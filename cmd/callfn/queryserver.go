package main

import (
	"context"

	"callfn/internal/printable"
	"callfn/internal/queryserver"
	"callfn/internal/sandbox"
	"callfn/internal/workerbin"
)

type queryserverCommand struct {
	limitFlags
	RequireConfinement bool
}

// Help explains how to configure CouchDB.
func (queryserverCommand) Help() string {
	return `Set COUCHDB_QUERY_SERVER_CALLFN="/usr/local/bin/callfn queryserver" in CouchDB's environment; design documents
with "language": "callfn" are then evaluated here, each show in a fresh realm of a worker process, with no eval enabled
in CouchDB.
The deadline is cut to CouchDB's own timeout less 300 ms.`
}

// Run serves until CouchDB closes stdin.
func (c queryserverCommand) Run(ctx context.Context, env environment) error {
	limits := c.limits()
	worker, release, err := workerbin.Open()
	if err != nil {
		return err
	}
	defer release()
	pool, err := sandbox.NewPool(sandbox.Config{Command: worker, Workers: 1, RequireConfinement: c.RequireConfinement})
	if err != nil {
		return err
	}
	defer pool.Close()
	// CouchDB passes stderr on to its own; stdout belongs to the protocol.
	_, _ = printable.Fprintf(env.stderr, "callfn queryserver: confinement %s, deadline %s, memory %d MiB\n",
		pool.Confinement(), limits.Deadline, limits.Memory>>20)
	return queryserver.NewServer(pool, limits).Serve(ctx, env.stdin, env.exact)
}
