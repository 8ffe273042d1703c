package storageplan

import (
	"context"
	"maps"
	"slices"
	"time"

	"callfn/internal/datastore"
)

// fencePause is how long a writer waits at the fence of a migration that is not known here. Either the change is still
// on its way, or the fence was removed meanwhile.
const fencePause = 50 * time.Millisecond

// following makes writes that meet a fence continue at the database's next home; see datastore.Database.Following.
func (r *Resolver) following(db *datastore.Database, database, docType string) *datastore.Database {
	return db.Following(func(ctx context.Context, refused *datastore.Database) (*datastore.Database, error) {
		return r.next(ctx, database, docType, refused)
	})
}

// next waits until a database takes writes again, elsewhere or where it was.
func (r *Resolver) next(ctx context.Context, database, docType string,
	refused *datastore.Database,
) (*datastore.Database, error) {
	for paused := false; ; {
		changed := r.Changed()
		now, err := r.Resolve(database, docType)
		if err == nil && !r.Home(database).Fenced && (paused || now.Connection() != refused.Connection()) {
			return now, nil
		}
		pause := time.NewTimer(fencePause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, ctx.Err()
		case <-changed:
			pause.Stop()
		case <-pause.C:
			paused = true
		}
	}
}

// Migrations lists the unfinished migrations.
func (r *Resolver) Migrations() []Migration {
	return slices.Collect(maps.Values(r.unfinished()))
}
