package storageplan

import (
	"context"

	"callfn/internal/datastore"
)

// Prepare makes a connection hold a database, with its design document in the language that the connection's settings
// or the service choose. A Mover calls it before it sends anybody there.
func (r *Resolver) Prepare(ctx context.Context, on datastore.Single, at Tag, database, language string) error {
	done, err := site(on, []string{database}, r.cfg.Direct, r.cfg.Log).Prepare(ctx,
		r.Plan().Connections[at].Settings.language(language))
	if err == nil && done.Runs != nil { // it was tried before the plan was stored; and a way back must stay open
		r.cfg.Log.Error("functions cannot run here: `callfn doctor` tells what to change", "at", on.Connection.Address(),
			"cause", done.Runs)
	}
	return err
}
