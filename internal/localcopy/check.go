package localcopy

import (
	"context"
	"encoding/json"
	"errors"

	"callfn/internal/datastore"
)

// checkPage is how many revisions are requested at once.
const checkPage = 2000

// check compares the copy with the database by every document's revision and corrects it. A changes feed does not
// report documents that were purged, or existed before the database was restored from a backup or recreated.
func (f *follower) check(ctx context.Context, db *datastore.Database) error {
	have := map[string]string{}
	if err := f.store.revisions(func(id, rev string) { have[id] = rev }); err != nil {
		return err
	}
	var differ []string
	q := datastore.Query{Limit: checkPage}
	for {
		rows, err := db.AllDocs(ctx, q)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			var v struct{ Rev string }
			if err := json.Unmarshal(row.Value, &v); err != nil {
				return err
			}
			if have[row.ID] != v.Rev {
				differ = append(differ, row.ID)
			}
			delete(have, row.ID)
		}
		q.StartKey, q.Skip = rows[len(rows)-1].ID, 1
	}
	for id := range have {
		differ = append(differ, id) // gone, or created since: then the feed reports it again
	}
	return f.fetch(ctx, db, differ)
}

// fetch copies documents from the database.
func (f *follower) fetch(ctx context.Context, db *datastore.Database, ids []string) error {
	var entries []entry
	for size, i := 0, 0; i < len(ids); i++ {
		raw, err := db.GetRaw(ctx, ids[i])
		if err != nil && !errors.Is(err, datastore.ErrNotFound) {
			return err
		}
		e := entry{id: ids[i], gone: err != nil}
		if !e.gone {
			var doc datastore.Document
			if err := json.Unmarshal(raw, &doc); err != nil {
				return err
			}
			if e.rev = doc.Rev(); f.holds(e.id, doc) {
				e.raw = raw
			}
		}
		entries = append(entries, e)
		if size += len(raw); i == len(ids)-1 || len(entries) >= batchEntries || size >= batchBytes {
			if err := f.store.write(entries, f.meta); err != nil {
				return err
			}
			entries, size = nil, 0
		}
	}
	return nil
}
