package mover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"callfn/internal/datastore"
	"callfn/internal/storageplan"
)

// Get reads a move. ErrNotFound of datastore when there is no such move.
func (m *Mover) Get(ctx context.Context, id string) (Status, error) {
	mig, err := m.load(ctx, id)
	return mig.status(), err
}

func (m *Mover) load(ctx context.Context, id string) (migration, error) {
	doc, err := m.cfg.Journal.Get(ctx, id)
	if err != nil {
		return migration{}, err
	}
	if doc.Type() != storageplan.MigrationType {
		return migration{}, &datastore.Error{Op: "get", Subject: m.cfg.Journal.Name() + "/" + id, Kind: datastore.ErrNotFound}
	}
	return readMigration(doc)
}

// List reads every move there ever was, the latest first.
func (m *Mover) List(ctx context.Context) ([]Status, error) {
	rows, err := m.cfg.Journal.AllDocs(ctx, datastore.Query{IncludeDocs: true})
	if err != nil {
		return nil, err
	}
	var list []Status
	for _, row := range rows {
		if row.Doc.Type() != storageplan.MigrationType {
			continue
		}
		mig, err := readMigration(row.Doc)
		if err != nil {
			return nil, err
		}
		list = append(list, mig.status())
	}
	slices.SortStableFunc(list, func(a, b Status) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// StateError means that a move's state does not allow what it was asked to do.
type StateError struct {
	ID     string
	State  storageplan.MigrationState
	Reason string
}

func (e *StateError) Error() string {
	return fmt.Sprintf("%s is %s: %s", e.ID, e.State, e.Reason)
}

// Finish asks a move that has switched to end: there is no way back to its old place any more. Idempotent; *StateError
// where it has not switched. A move from a cluster finishes once late documents have been looked for long enough.
func (m *Mover) Finish(ctx context.Context, id string) (Status, error) {
	return m.request(ctx, id, finishRequest, func(mig migration) (bool, error) {
		switch {
		case mig.State == storageplan.Finished:
			return false, nil
		case mig.State != storageplan.Switched || mig.Returns || mig.Requested == rollbackRequest:
			return false, &StateError{id, mig.State, "only a migration that has switched can be finished"}
		}
		return true, nil
	})
}

// Rollback asks a move to put everything back where it was. Of one that has switched, what was written since is copied
// back first. Idempotent; *StateError where it is finished.
func (m *Mover) Rollback(ctx context.Context, id string) (Status, error) {
	return m.request(ctx, id, rollbackRequest, func(mig migration) (bool, error) {
		if mig.State == storageplan.Switched && !mig.Returns && mig.Requested != finishRequest {
			if err := m.Check(ctx, mig.Database, mig.To); err != nil {
				return false, err
			}
		}
		switch {
		case mig.State == storageplan.RolledBack, mig.Returns:
			return false, nil
		case mig.State == storageplan.Finished || mig.Requested == finishRequest:
			return false, &StateError{id, mig.State, "it cannot be rolled back any more; move the database with a storage " +
				"plan that wants it elsewhere"}
		}
		return true, nil
	})
}

const requestAttempts = 20

// request stores a request in a move's document, if allowed says so.
func (m *Mover) request(ctx context.Context, id string, r request, allowed func(migration) (bool,
	error)) (Status, error,
) {
	for attempt := 1; ; attempt++ {
		mig, err := m.load(ctx, id)
		if err != nil {
			return Status{}, err
		}
		if change, err := allowed(mig); err != nil || !change {
			return mig.status(), err
		}
		mig.Requested = r
		doc, err := mig.document()
		if err != nil {
			return Status{}, err
		}
		saved, err := m.cfg.Journal.Save(ctx, doc)
		if err == nil {
			m.cfg.Places.Take(saved)
			m.wakeUp()
			return mig.status(), nil
		}
		if !errors.Is(err, datastore.ErrConflict) || attempt == requestAttempts {
			return Status{}, err
		}
	}
}
