package storageplan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// MigratedError reports that the databases are being moved, or were moved, away from the connection that callfn was
// started with.
type MigratedError struct{ Address string }

func (e *MigratedError) Error() string {
	return fmt.Sprintf("everything is moved to %s: start callfn with --couchdb-url there, or roll the moves back, "+
		"before the storage plan is changed", e.Address)
}

// AwayError reports that a database is not on the connection that callfn was started with, so it cannot be migrated
// from there.
type AwayError struct {
	Database string
	Home     Tag
}

func (e *AwayError) Error() string {
	return fmt.Sprintf("the database %s is on connection %s by the storage plan: move it home first, with a plan that "+
		"says so", e.Database, e.Home)
}

// migrated returns the *MigratedError with which a change of the plan is refused, or nil.
func (r *Resolver) migrated() error {
	place := r.Overview().Databases[datastore.SystemData]
	m, moving := r.unfinished()[datastore.SystemData]
	if moving {
		if on, err := r.Connection(m.To); err == nil {
			place.Address = on.Connection.Address()
		}
	} else if place.Connection == Local {
		return nil
	}
	return &MigratedError{place.Address}
}

// Migrate moves every database, including system_data, from the connection that callfn was started with to another:
// from an embedded node to a CouchDB. c is the connection's part of a plan, valid by its schema. stamp marks the plan's
// document, which keeps the connection. The documents of the plan and of the moves stay.
//
// Called again for the same server, Migrate returns the moves under way. It returns MovingError, AwayError, or Problems
// if the server cannot be used; their fields are relative to the connection.
func (k *Keeper) Migrate(ctx context.Context, c map[string]any, stamp datastore.Stamp) ([]Migration, []Problem, error) {
	r := k.cfg.Resolver
	before, err := r.Stored(ctx)
	if err == nil {
		err = r.catchUp(ctx, before)
	}
	if err != nil {
		return nil, nil, err
	}
	tag, err := newTag()
	if err != nil {
		return nil, nil, err
	}
	alone := datastore.Document{"connections": map[string]any{string(tag): c}}
	plan, err := Decode(alone)
	if err != nil {
		return nil, nil, err
	}
	settings := plan.Connections[tag].Settings
	if under, err := k.underWay(settings.Address()); err != nil || len(under) > 0 {
		return under, nil, err
	}
	if err := r.migrated(); err != nil {
		return nil, nil, err
	}
	for _, database := range datastore.Databases() {
		if home := r.Home(database).Connection; home != Local {
			return nil, nil, &AwayError{database, home}
		}
		if err := k.cfg.Mover.Check(ctx, database, Local); err != nil {
			return nil, nil, err
		}
	}
	connection, err := openForTrial(tag, settings)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = connection.Close() }()
	main := r.cfg.Main
	on := datastore.Single{Connection: connection, Prefix: main.Prefix, Design: main.Design}
	trying, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	try := probe{
		tag: tag, settings: settings, site: site(on, datastore.Databases(), r.cfg.Direct, k.cfg.Log),
		field: settingOf(tag, "functions_language"), otherwise: k.cfg.Language,
	}
	if problem := try.try(trying); problem != nil {
		problem.Field = problem.Field[2:] // relative to the connection
		return nil, []Problem{*problem}, nil
	}
	if err := checkEmpty(ctx, on); err != nil {
		return nil, nil, err
	}
	if err := k.keepConnection(ctx, before, alone, tag, stamp); err != nil {
		return nil, nil, err
	}
	var started []Migration
	for _, database := range datastore.Databases() {
		m, err := k.cfg.Mover.Start(ctx, database, Local, tag)
		if err != nil {
			return started, nil, &StartError{Database: database, Cause: err}
		}
		started = append(started, m)
	}
	return started, nil, nil
}

// InhabitedError reports that the target server of a migration has documents of its own.
type InhabitedError struct{ Database, Document, Address string }

func (e *InhabitedError) Error() string {
	return fmt.Sprintf("%s at %s has documents already, %s among them: migrate to an empty CouchDB, or start callfn "+
		"there with a --database-prefix", e.Database, e.Address, e.Document)
}

// checkEmpty checks that the target server has no documents except those that an earlier move left behind.
func checkEmpty(ctx context.Context, on datastore.Single) error {
	for _, database := range datastore.Databases() {
		rows, err := customerDocuments(ctx, on, database)
		if err != nil {
			return err
		}
		left, err := movedAway(ctx, on, database)
		if err != nil {
			return err
		}
		if len(rows) > 0 && !left {
			return &InhabitedError{database, rows[0].ID, on.Connection.Address()}
		}
	}
	return nil
}

// movedAway reports whether a database was moved away from a place: its documents are still there, behind the fence. A
// place that cannot be reached counts as never used.
func movedAway(ctx context.Context, on datastore.Single, database string) (bool, error) {
	db, _ := on.Resolve(database, "") // Single never fails
	_, err := db.Get(ctx, datastore.FenceID)
	switch {
	case errors.Is(err, datastore.ErrNotFound), errors.Is(err, datastore.ErrDatabaseMissing),
		errors.Is(err, datastore.ErrUnreachable), errors.Is(err, datastore.ErrUnauthorized):
		return false, nil
	}
	return err == nil, err
}

// underWay returns the moves of an earlier Migrate to the same server, or MovingError if there are others.
func (k *Keeper) underWay(address string) ([]Migration, error) {
	r := k.cfg.Resolver
	var same []Migration
	for _, m := range r.unfinished() {
		on, err := r.Connection(m.To)
		if err != nil || on.Connection.Address() != address {
			return nil, &MovingError{m}
		}
		same = append(same, m)
	}
	return same, nil
}

// keepConnection stores the connection beside the plan, with its password sealed.
func (k *Keeper) keepConnection(ctx context.Context, before, alone datastore.Document, tag Tag,
	stamp datastore.Stamp,
) error {
	r := k.cfg.Resolver
	concealed, _, err := Conceal(datastore.Document{}, alone, r.cfg.Secret)
	if err != nil {
		return err
	}
	doc := datastore.Document(jsonvalue.CopyObject(before))
	for field, from := range map[string]any{
		"pvt_retained": concealed["connections"],
		"pvt_secrets":  concealed["pvt_secrets"],
	} {
		kept, ok := doc[field].(map[string]any)
		if !ok {
			kept = map[string]any{}
			doc[field] = kept
		}
		if added, _ := from.(map[string]any); added[string(tag)] != nil {
			kept[string(tag)] = added[string(tag)]
		}
	}
	record(doc, r.recorded())
	stamp.Type, stamp.Database = DocumentType, datastore.SystemData
	if stamp.Now.IsZero() {
		stamp.Now = time.Now()
	}
	stamp.Mark(doc)
	saved, err := r.planDatabase().Save(ctx, doc)
	if err == nil {
		r.Take(saved)
	}
	return err
}
