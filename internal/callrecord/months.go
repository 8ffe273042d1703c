package callrecord

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
)

// Prepare makes the database of a month and its design document where they are not there. A user who may not create
// databases needs them made ahead: see Ahead.
func Prepare(ctx context.Context, db *datastore.Database) error {
	design, err := couchapp.Monthly(Design)
	if err != nil {
		return err
	}
	if _, err := db.Get(ctx, "_design/"+db.Design(Design)); err == nil {
		return nil // made ahead, perhaps by somebody with more rights
	}
	if _, err := db.Connection().EnsureDatabase(ctx, db.Name()); err != nil {
		return err
	}
	_, err = couchapp.Install(ctx, db, design.Named(db.Design(Design)))
	return err
}

// Ahead names the databases of this month and of those that follow, for whoever makes them ahead.
func Ahead(now time.Time, months int) []string {
	now = now.UTC()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	names := make([]string, months)
	for i := range names {
		names[i] = Database(first.AddDate(0, i, 0))
	}
	return names
}

// mostOldMonths is how many months back databases are looked for that are too old.
const mostOldMonths = 12

// sweep takes away the databases of months all of whose records are too old.
func (r *Recorder) sweep() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	kept := Months(r.cfg.Now(), r.cfg.Keep)
	oldest := r.cfg.Now().UTC()
	if len(kept) > 0 {
		oldest = kept[len(kept)-1]
	}
	for i := range mostOldMonths {
		month := Database(oldest.AddDate(0, -1-i, 0))
		db, err := r.cfg.Datastores.Resolve(month, DocumentType)
		if err != nil {
			return
		}
		path := "/" + url.PathEscape(db.Name())
		if err := db.Connection().Ask(ctx, http.MethodGet, path, nil, nil); err != nil {
			continue // it is not there, as a rule
		}
		if err := db.Connection().Ask(ctx, http.MethodDelete, path, nil, nil); err != nil {
			r.cfg.Log.Warn("cannot remove old call records: remove the database", "database", db.Name(), "error", err)
			continue
		}
		delete(r.ready, month)
		r.cfg.Log.Info("removed call records", "database", db.Name())
	}
}
