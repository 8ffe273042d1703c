package mover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
)

// holdAtMost is how long a passing fence refuses writes when nobody takes it away: it outlives whoever put it up by no
// more.
const holdAtMost = 10 * time.Second

// Hold implements storageplan.Mover. What it puts up is the fence of a move, but for the end that it has in itself, by
// the server's clock.
func (m *Mover) Hold(ctx context.Context, database string, from,
	to datastore.Single,
) (release func(context.Context) error, err error) {
	free := func(context.Context) error { return nil }
	rights, err := provision.Site{Stores: from, Databases: []string{database}}.Who(ctx)
	if err != nil || !rights.DatabaseAdmin {
		return free, err
	}
	source, err := from.Resolve(database, "")
	if err != nil {
		return free, err
	}
	target, err := to.Resolve(database, "")
	if err != nil {
		return free, err
	}
	if there, err := target.Get(ctx, datastore.FenceID); err == nil && datastore.PassingFence(there) {
		if err := gone(target.Delete(ctx, datastore.FenceID, there.Rev())); err != nil {
			return free, err
		}
	}
	until := m.cfg.Now().Add(holdAtMost).UnixMilli()
	want := fenceDocument(fmt.Sprintf("Date.now() < %d", until), "this database is empty and just changes over to "+
		to.Connection.Address()+"; write there")
	want["until"] = until
	have, err := source.Get(ctx, datastore.FenceID)
	switch {
	case errors.Is(err, datastore.ErrNotFound):
	case errors.Is(err, datastore.ErrDatabaseMissing):
		return free, nil
	case err != nil:
		return free, err
	default:
		want["_rev"] = have.Rev()
	}
	saved, err := source.Save(ctx, want)
	if err != nil {
		return free, err
	}
	release = func(ctx context.Context) error { return gone(source.Delete(ctx, datastore.FenceID, saved.Rev())) }
	if err := holds(ctx, source, m.cfg.Random); err != nil {
		return free, errors.Join(err, release(context.WithoutCancel(ctx)))
	}
	return release, nil
}
