package storageplan

import (
	"context"

	"callfn/internal/datastore"
)

// MigrationType is the pvt_type of migrations' documents in system_data.
const MigrationType = "migration"

// MigrationState is how far a migration is. Only a [Mover] changes it, each time with the next revision of the
// document.
type MigrationState string

// The states. They determine where a database is; see [Resolver.Home].
const (
	Copying    MigrationState = "copying"     // documents are read and written at From
	Fenced     MigrationState = "fenced"      // at From too, which refuses writes: writers wait
	Switched   MigrationState = "switched"    // at To; From is fenced, and a rollback is possible
	Finished   MigrationState = "finished"    // at To for good, recorded by Settle
	RolledBack MigrationState = "rolled_back" // at From again
)

// Migration is the document of a database that is being moved, as needed for resolution and the API's answers. The
// Mover's document may have more fields.
type Migration struct {
	ID       string         `json:"_id"`
	Database string         `json:"database"` // one of datastore.Databases
	From     Tag            `json:"from"`
	To       Tag            `json:"to"`
	State    MigrationState `json:"state"`
	Copied   int64          `json:"copied"` // number of documents, including deleted ones
	Total    int64          `json:"total"`
}

// Unfinished reports whether the migration still determines where its database is.
func (m Migration) Unfinished() bool { return m.State != Finished && m.State != RolledBack }

// Public returns what clients see.
func (m Migration) Public() map[string]any {
	return map[string]any{
		"id": m.ID, "database": m.Database, "from": string(m.From), "to": string(m.To), "state": string(m.State),
		"copied": m.Copied, "total": m.Total,
	}
}

// ReadMigration decodes a migration's document.
func ReadMigration(doc datastore.Document) (Migration, error) {
	var m Migration
	err := decode(doc, &m)
	return m, err
}

// Mover moves databases from one connection to another.
type Mover interface {
	// Start stores a migration of the database in state Copying and begins to copy in the background. The copying outlives
	// ctx and the process: another process, or the next start, continues it. The plan that wants the database at `to` is
	// stored already, so Resolver.Connection(to) opens the target. If the database is being moved already, Start returns
	// that migration if it has the same target, else a MovingError. Before the Mover stores Finished, it calls
	// Resolver.Settle.
	Start(ctx context.Context, database string, from, to Tag) (Migration, error)
	// Check returns the error with which Start would fail: FenceError.
	Check(ctx context.Context, database string, from Tag) error
}
