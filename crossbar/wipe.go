package crossbar

import (
	"encoding/json"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// wipe deletes for good everything that the account has in the shared databases, including softly deleted documents.
func (a *API) wipe(x *exchange, id account.ID) error {
	for _, place := range []struct{ database, design string }{
		{datastore.Functions, "functions"},
		{datastore.Callflows, "callflows"},
		{datastore.FunctionRuns, "function_runs"},
		{datastore.Accounts, "accounts"}, // its users
	} {
		if err := a.wipeDatabase(x, place.database, place.design, id); err != nil {
			return err
		}
	}
	if err := a.callRecords.Wipe(x.ctx, id); err != nil {
		return err
	}
	if a.cfg.KV != nil {
		if err := a.cfg.KV.PurgeAccount(x.ctx, string(id)); err != nil {
			return err
		}
	}
	return a.wipeRecordings(id)
}

func (a *API) wipeDatabase(x *exchange, database, design string, id account.ID) error {
	const batch = 200
	db, err := a.cfg.Datastores.Resolve(database, "")
	if err != nil {
		return err
	}
	for {
		rows, err := db.View(x.ctx, design, "everything_of_account", datastore.Query{Key: string(id), Limit: batch})
		if err != nil || len(rows) == 0 {
			return err
		}
		gone := make([]datastore.Document, 0, len(rows))
		for _, row := range rows {
			var rev string
			if rev, err = revisionOf(row); err != nil {
				return err
			}
			gone = append(gone, datastore.Document{"_id": row.ID, "_rev": rev, "_deleted": true})
		}
		results, err := db.BulkSave(x.ctx, gone)
		if err != nil {
			return err
		}
		for _, result := range results {
			if result.Err != nil {
				return result.Err
			}
		}
	}
}

// revisionOf reads the revision from the view's value.
func revisionOf(row datastore.Row) (string, error) {
	var rev string
	err := json.Unmarshal(row.Value, &rev)
	return rev, err
}
