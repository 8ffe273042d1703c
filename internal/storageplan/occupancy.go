package storageplan

import (
	"context"
	"errors"
	"strings"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
)

// count says of each move how many documents have to come along, at most countMost, which stands for more.
func (k *Keeper) count(ctx context.Context, moves []Move) ([]Move, error) {
	for i, m := range moves {
		on, err := k.cfg.Resolver.Connection(m.From)
		if err != nil {
			return nil, &datastore.Error{Op: "count", Subject: m.Database, Kind: datastore.ErrUnreachable, Cause: err}
		}
		rows, err := occupants(ctx, on, m.Database, false)
		if err != nil {
			return nil, err
		}
		moves[i].Documents = len(rows)
	}
	return moves, nil
}

// atOnce says which moves may be made at once. to are the connections of the plan that wants them.
func atOnce(ctx context.Context, moves []Move, to map[Tag]datastore.Single) error {
	for i, m := range moves {
		if m.Documents > 0 {
			continue
		}
		left, err := wasLeft(ctx, to[m.To], m.Database)
		if err != nil {
			return err
		}
		moves[i].AtOnce = !left
	}
	return nil
}

// wasLeft reports whether a database was moved away from a place: then what it had is still there, behind the fence,
// and must not come to light again. One that cannot be seen now was not.
func wasLeft(ctx context.Context, on datastore.Single, database string) (bool, error) {
	db, _ := on.Resolve(database, "") // Single knows no failure
	fence, err := db.Get(ctx, datastore.FenceID)
	switch {
	case errors.Is(err, datastore.ErrNotFound), errors.Is(err, datastore.ErrDatabaseMissing),
		errors.Is(err, datastore.ErrUnreachable), errors.Is(err, datastore.ErrUnauthorized):
		return false, nil
	}
	return err == nil && !datastore.PassingFence(fence), err
}

// noWayBack warns of a move to where our user may not put up the fence that a rollback needs. What cannot be seen now
// is not warned of.
func noWayBack(ctx context.Context, to datastore.Single, m Move) []string {
	rights, err := provision.Site{Stores: to, Databases: []string{m.Database}}.Who(ctx)
	if err != nil || rights.DatabaseAdmin {
		return nil
	}
	cannot := &FenceError{Database: m.Database, User: rights.User, Address: to.Connection.Address()}
	return []string{"there will be no rollback of this move as it is: " + cannot.Error()}
}

const countMost = 1000

// occupants are the documents of a database that are somebody's: no design documents, not the probe.
func occupants(ctx context.Context, on datastore.Single, database string, docs bool) ([]datastore.Row, error) {
	db, _ := on.Resolve(database, "") // Single knows no failure
	rows, err := db.AllDocs(ctx, datastore.Query{Limit: countMost, IncludeDocs: docs})
	if errors.Is(err, datastore.ErrDatabaseMissing) {
		return nil, nil
	}
	var out []datastore.Row
	for _, row := range rows {
		if row.ID != provision.ProbeID && !strings.HasPrefix(row.ID, "_design/") {
			out = append(out, row)
		}
	}
	return out, err
}

// held are the empty databases that nobody can write to while they change over, and how to let go of them.
type held map[string]func(context.Context) error

// hold keeps writes from the databases that change over at once, where their connections let us. ErrConflict when one
// is not empty any more: it has to be moved.
func (k *Keeper) hold(ctx context.Context, moves []Move, to map[Tag]datastore.Single) (held, error) {
	out := held{}
	for _, m := range moves {
		if !m.AtOnce || k.cfg.Mover == nil {
			continue
		}
		from, err := k.cfg.Resolver.Connection(m.From)
		if err != nil {
			return out, err
		}
		release, err := k.cfg.Mover.Hold(ctx, m.Database, from, to[m.To])
		if err != nil { // it changes over without: fetchStragglers has to do
			k.cfg.Log.Warn("writes cannot be kept waiting while an empty database changes over", "database", m.Database, "from",
				m.From, "error", err)
			continue
		}
		out[m.Database] = release
		rows, err := occupants(ctx, from, m.Database, false)
		if err == nil && len(rows) > 0 {
			err = &datastore.Error{
				Op: "change over", Subject: m.Database, Kind: datastore.ErrConflict,
				Cause: errors.New("a document was stored meanwhile"),
			}
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// release lets writes through again.
func (k *Keeper) release(h held) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(k.ctx), releaseWithin)
	defer cancel()
	for database, let := range h {
		if let == nil {
			continue
		}
		if err := let(ctx); err != nil {
			k.cfg.Log.Warn("the fence of a moment cannot be taken away: it ends by itself", "database", database, "error", err)
		}
	}
}

const (
	// stragglersAfter is when every process follows a plan for sure.
	stragglersAfter = 3 * time.Second
	releaseWithin   = 5 * time.Second
)

// fetchStragglers looks once more where a database was empty when it changed over at once: where it could not be held,
// another process, which did not know yet, may have stored documents there in the moment between. They are taken along.
// Then held is let go.
func (k *Keeper) fetchStragglers(m Move, h held) {
	k.pending.Add(1)
	go func() {
		defer k.pending.Done()
		select {
		case <-k.ctx.Done():
		case <-time.After(stragglersAfter):
			defer k.release(h)
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(k.ctx), 20*time.Second)
		defer cancel()
		if err := k.takeAlong(ctx, m); err != nil {
			k.cfg.Log.Error("it cannot be seen whether documents were stored in the old place while the storage plan changed: "+
				"look there", "database", m.Database, "from", m.From, "to", m.To, "error", err)
		}
	}()
}

func (k *Keeper) takeAlong(ctx context.Context, m Move) error {
	from, err := k.cfg.Resolver.Connection(m.From)
	if err != nil {
		return err
	}
	rows, err := occupants(ctx, from, m.Database, true)
	if err != nil || len(rows) == 0 {
		return err
	}
	to, err := k.cfg.Resolver.Connection(m.To)
	if err != nil {
		return err
	}
	db, _ := to.Resolve(m.Database, "")
	for _, row := range rows {
		doc := row.Doc
		delete(doc, "_rev")
		if _, err := db.Create(ctx, doc); err != nil && !errors.Is(err, datastore.ErrConflict) {
			return err
		}
	}
	k.cfg.Log.Info("documents stored while the storage plan changed were taken along", "database", m.Database, "documents",
		len(rows))
	return nil
}
