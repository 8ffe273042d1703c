package storageplan

import (
	"context"
	"log/slog"

	"callfn/internal/datastore"
)

// Prepare creates a database on a connection, with its design document in the language of the connection's settings or
// of the service. A Mover calls it before it sends readers and writers there.
func (r *Resolver) Prepare(ctx context.Context, on datastore.Single, at Tag, database, language string) error {
	done, err := site(on, []string{database}, r.cfg.Direct, r.cfg.Log).Prepare(ctx,
		r.Plan().Connections[at].Settings.language(language))
	if err == nil && done.Runs != nil { // no error: it was tried before the plan was stored, and a way back must stay open
		logCannotRun(r.cfg.Log, on, done.Runs)
	}
	return err
}

// logCannotRun logs why functions do not run on a connection.
func logCannotRun(log *slog.Logger, on datastore.Single, why error) {
	log.Error("cannot run functions: `callfn doctor` tells what to change", "url", on.Connection.Address(), "error",
		why)
}
