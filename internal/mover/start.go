package mover

import (
	"context"
	"errors"
	"fmt"

	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/storageplan"
)

// Start implements storageplan.Mover.
func (m *Mover) Start(ctx context.Context, database string, from, to storageplan.Tag) (storageplan.Migration, error) {
	none := storageplan.Migration{}
	for _, known := range m.cfg.Places.Migrations() {
		if known.Database != database {
			continue
		}
		if known.To == to {
			return known, nil
		}
		return none, &storageplan.MovingError{Migration: known}
	}
	if err := m.Check(ctx, database, from); err != nil {
		return none, err
	}
	source, err := m.cfg.Places.Connection(from)
	if err != nil {
		return none, err
	}
	target, err := m.cfg.Places.Connection(to)
	if err != nil {
		return none, err
	}
	// A target that is down is checked again before anything is copied.
	if err := differentServers(ctx, source, target); err != nil && !errors.Is(err, datastore.ErrUnreachable) {
		return none, err
	}
	return m.create(ctx, storageplan.Migration{
		Database: database, From: from, To: to, State: storageplan.Copying, Total: documents(ctx, source, database),
	})
}

// create stores a new move.
func (m *Mover) create(ctx context.Context, start storageplan.Migration) (storageplan.Migration, error) {
	id, err := datastore.NewID(m.cfg.Random)
	if err != nil {
		return storageplan.Migration{}, err
	}
	start.ID = idPrefix + id
	now := datastore.Gregorian(m.cfg.Now())
	doc, err := migration{Migration: start, Type: storageplan.MigrationType, Created: now, Modified: now}.document()
	if err != nil {
		return storageplan.Migration{}, err
	}
	saved, err := m.cfg.Journal.Create(ctx, doc)
	if err != nil {
		return storageplan.Migration{}, err
	}
	m.cfg.Log.Info("move started", "migration", start.ID, "database", start.Database, "from", start.From, "to", start.To,
		"documents", start.Total)
	m.cfg.Places.Take(saved)
	m.wakeUp()
	return start, nil
}

// Check implements storageplan.Mover: only a database's administrators store design documents, and the fence is one.
func (m *Mover) Check(ctx context.Context, database string, from storageplan.Tag) error {
	on, err := m.cfg.Places.Connection(from)
	if err != nil {
		return err
	}
	rights, err := provision.Site{Stores: on, Databases: []string{database}}.Who(ctx)
	if err != nil || rights.DatabaseAdmin {
		return err
	}
	return &storageplan.FenceError{Database: database, User: rights.User, Address: on.Connection.Address()}
}

// documents estimates how many documents there are to copy, including deleted ones; 0 if the server does not say.
func documents(ctx context.Context, on datastore.Single, database string) int64 {
	db, err := on.Resolve(database, "")
	if err != nil {
		return 0
	}
	docs, deleted, err := db.Size(ctx)
	if err != nil {
		return 0 // the number is only shown
	}
	return docs + deleted
}

// sameServerError refuses a move of a database onto itself, where the fence would close it for good.
type sameServerError struct{ from, to string }

func (e *sameServerError) Error() string {
	return fmt.Sprintf("%s and %s are the same server", e.from, e.to)
}

// differentServers returns a *sameServerError if both connections lead to the same databases.
func differentServers(ctx context.Context, from, to datastore.Single) error {
	var source, target struct{ UUID string }
	if err := from.Connection.Ask(ctx, "GET", "/", nil, &source); err != nil {
		return err
	}
	if err := to.Connection.Ask(ctx, "GET", "/", nil, &target); err != nil {
		return err
	}
	if source.UUID != "" && source.UUID == target.UUID && from.Prefix == to.Prefix {
		return &sameServerError{from.Connection.Address(), to.Connection.Address()}
	}
	return nil
}
