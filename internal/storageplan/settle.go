package storageplan

import (
	"context"
	"errors"
	"slices"
	"time"

	"callfn/internal/datastore"
)

// Stored reads the plan's document. A missing one has only its id.
func (r *Resolver) Stored(ctx context.Context) (datastore.Document, error) {
	doc, err := r.planDatabase().Get(ctx, Document)
	if errors.Is(err, datastore.ErrNotFound) {
		return datastore.Document{"_id": Document}, nil
	}
	return doc, err
}

// planDatabase returns the database of the plan's document.
func (r *Resolver) planDatabase() *datastore.Database {
	db, _ := r.cfg.Main.Resolve(datastore.SystemData, DocumentType) // Single never fails
	return db
}

// catchUp reads everything that is stored now. It returns ErrConflict if the plan's document is not the given one any
// more.
func (r *Resolver) catchUp(ctx context.Context, known datastore.Document) error {
	if _, err := r.read(ctx, ""); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.document; now.ID() == Document && now.Rev() != known.Rev() || now.ID() == "" && known.Rev() != "" {
		return &datastore.Error{Op: "save", Subject: datastore.SystemData + "/" + Document, Kind: datastore.ErrConflict}
	}
	return nil
}

// decoded returns the plan's document as catchUp read it.
func (r *Resolver) decoded() stored {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stored
}

// recorded returns where the plan's document has databases, apart from migrations: those that a plan can move, and
// those that Migrate has moved.
func (r *Resolver) recorded() map[string]Tag {
	s := r.current.Load()
	homes := map[string]Tag{}
	for _, database := range datastore.Databases() {
		if slices.Contains(movable(), database) || s.recorded[database] != Local {
			homes[database] = s.recorded[database]
		}
	}
	return homes
}

// Journal returns the database that has the documents of moves and of the plan: system_data on the connection that
// callfn was started with, even after system_data itself was moved.
func (r *Resolver) Journal() *datastore.Database { return r.planDatabase() }

const settleAttempts = 5

// Settle records where a database is, for good. The Mover calls it before it stores Finished. It is safe to repeat.
func (r *Resolver) Settle(ctx context.Context, database string, home Tag) error {
	for attempt := 1; ; attempt++ {
		err := r.settle(ctx, database, home)
		if !errors.Is(err, datastore.ErrConflict) || attempt == settleAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt) * 20 * time.Millisecond):
		}
	}
}

func (r *Resolver) settle(ctx context.Context, database string, home Tag) error {
	doc, err := r.Stored(ctx)
	if err != nil {
		return err
	}
	if err := r.catchUp(ctx, doc); err != nil {
		return err
	}
	homes, migrations := r.recorded(), r.unfinished()
	homes[database] = home
	delete(migrations, database)
	record(doc, homes)
	retain(doc, doc, inUse(homes, migrations))
	datastore.Stamp{Type: DocumentType, Database: datastore.SystemData, Now: time.Now()}.Mark(doc)
	saved, err := r.planDatabase().Save(ctx, doc)
	if err == nil {
		r.Take(saved)
	}
	return err
}
