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

// Get reads a move. It returns datastore.ErrNotFound if there is none with this id.
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

// List reads all moves, the latest first.
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

// StateError reports that a move's state does not allow the request.
type StateError struct {
	ID     string
	State  storageplan.MigrationState
	Reason string
}

func (e *StateError) Error() string {
	return fmt.Sprintf("%s is %s: %s", e.ID, e.State, e.Reason)
}

// Finish requests that a move that has switched ends; no rollback is possible afterwards. It may be repeated. It
// returns a *StateError if the move has not switched. A move from a cluster finishes once late documents have been
// looked for long enough.
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

// Rollback requests that a move puts everything back where it was. If the move has switched, writes since then are
// copied back first. It may be repeated. It returns a *StateError if the move is finished.
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

// request stores a request in a move's document, if allowed permits it.
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
