package storageplan

import (
	"context"
	"time"
)

// provisionAgain is the pause between attempts to set up a connection.
const provisionAgain = 5 * time.Second

// Provision sets up, in the background, the connections of the plan in force that have databases, as this version needs
// them. It sets up a connection that is down when it is back. At start this updates the design documents.
func (k *Keeper) Provision() {
	for tag := range k.toProvision() {
		k.pending.Go(func() { k.provision(tag) })
	}
}

// toProvision returns the connections of the plan that have databases.
func (k *Keeper) toProvision() map[Tag]bool {
	out := map[Tag]bool{}
	for _, place := range k.cfg.Resolver.Overview().Databases {
		if place.Connection != Local && place.Connection != Flagged {
			out[place.Connection] = true
		}
	}
	return out
}

// provision retries until it succeeds, the Keeper is closed or no database is on the connection any more.
func (k *Keeper) provision(tag Tag) {
	logged := false
	for k.toProvision()[tag] {
		if err := k.provisionOnce(tag); err == nil {
			return
		} else if !logged && k.ctx.Err() == nil {
			k.cfg.Log.Error("cannot set up a connection of the storage plan, retrying", "connection", tag, "error", err)
			logged = true
		}
		select {
		case <-k.ctx.Done():
			return
		case <-time.After(provisionAgain):
		}
	}
}

func (k *Keeper) provisionOnce(tag Tag) error {
	r := k.cfg.Resolver
	on, err := r.Connection(tag)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(k.ctx, probeTimeout)
	defer cancel()
	done, err := site(on, r.Overview().On(tag), k.cfg.Resolver.cfg.Direct, k.cfg.Log).Prepare(ctx,
		r.Plan().Connections[tag].Settings.language(k.cfg.Language))
	if err == nil && done.Runs != nil {
		logCannotRun(k.cfg.Log, on, done.Runs)
	}
	return err
}
