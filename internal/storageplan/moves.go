package storageplan

import (
	"context"
	"errors"
	"slices"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/provision"
)

// Move is a database whose home a plan changes.
type Move struct {
	Database  string
	From, To  Tag
	Documents int // number to copy; countMost stands for that many or more
}

// movable returns the databases that a plan can move.
func movable() []string {
	return slices.DeleteFunc(datastore.Databases(), func(name string) bool {
		return name == datastore.Accounts || name == datastore.SystemData
	})
}

// moves returns the databases that the plan wants elsewhere than they are or are being moved to. It returns MovingError
// if one is being moved to another place.
func moves(p Plan, homes map[string]Tag, migrations map[string]Migration) ([]Move, error) {
	var out []Move
	for _, database := range movable() {
		wanted, home := Resolve(p, database, ""), homes[database]
		if m, moving := migrations[database]; moving {
			if wanted != m.To {
				return nil, &MovingError{m}
			}
			continue
		}
		if wanted != home {
			out = append(out, Move{Database: database, From: home, To: wanted})
		}
	}
	return out, nil
}

// countMost is the largest number of documents that is counted.
const countMost = 1000

// count sets the number of documents of each move.
func (k *Keeper) count(ctx context.Context, moves []Move) error {
	for i, m := range moves {
		on, err := k.cfg.Resolver.Connection(m.From)
		if err != nil {
			return &datastore.Error{Op: "count", Subject: m.Database, Kind: datastore.ErrUnreachable, Cause: err}
		}
		rows, err := customerDocuments(ctx, on, m.Database)
		if err != nil {
			return err
		}
		moves[i].Documents = len(rows)
	}
	return nil
}

// customerDocuments lists up to countMost documents of a database, without design documents and the probe of provision.
func customerDocuments(ctx context.Context, on datastore.Single, database string) ([]datastore.Row, error) {
	db, _ := on.Resolve(database, "") // Single never fails
	rows, err := db.AllDocs(ctx, datastore.Query{Limit: countMost})
	if errors.Is(err, datastore.ErrDatabaseMissing) {
		return nil, nil
	}
	return slices.DeleteFunc(rows, func(row datastore.Row) bool {
		return row.ID == provision.ProbeID || strings.HasPrefix(row.ID, "_design/")
	}), err
}

// rollbackWarnings warns of a move to a server where the user may not raise the fence that a rollback needs. It does
// not warn if the server does not answer.
func rollbackWarnings(ctx context.Context, to datastore.Single, m Move) []string {
	rights, err := provision.Site{Stores: to, Databases: []string{m.Database}}.Who(ctx)
	if err != nil || rights.DatabaseAdmin {
		return nil
	}
	cannot := &FenceError{Database: m.Database, User: rights.User, Address: to.Connection.Address()}
	return []string{"there will be no rollback of this move as it is: " + cannot.Error()}
}
