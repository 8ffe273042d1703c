package runrecord

import (
	"context"
	"encoding/json"

	"callfn/internal/datastore"
)

// mostTouched bounds the functions remembered between two sweeps; those beyond are trimmed when they run again.
const mostTouched = 10_000

// sweep removes what need not be kept: old records, and successes that newer ones have replaced.
func (r *Recorder) sweep() {
	for of := range r.touched {
		r.trim(of)
	}
	if r.cfg.Keep.For <= 0 {
		return
	}
	for range 100 { // a bounded piece of work; the next sweep goes on
		n, err := r.expire()
		if err != nil {
			r.cfg.Log.Warn("old records of function runs cannot be removed now", "error", err)
		}
		if err != nil || n == 0 {
			return
		}
	}
}

const removeAtOnce = 500

// expire removes some records past their time: ids of runs have the order of time.
func (r *Recorder) expire() (removed int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	db, err := r.cfg.Datastores.Resolve(datastore.FunctionRuns, DocumentType)
	if err != nil {
		return 0, err
	}
	rows, err := db.AllDocs(ctx, datastore.Query{StartKey: "0", EndKey: expired(r.cfg.Now(), r.cfg.Keep), ExclusiveEnd: true, Limit: removeAtOnce})
	if err != nil {
		return 0, err
	}
	return r.remove(ctx, db, rows, func(value json.RawMessage) (rev string, err error) {
		var v struct {
			Rev string `json:"rev"`
		}
		err = json.Unmarshal(value, &v)
		return v.Rev, err
	})
}

// trim removes a function's successes but the last ones.
func (r *Recorder) trim(of ofFunction) {
	delete(r.touched, of)
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	db, err := r.cfg.Datastores.Resolve(datastore.FunctionRuns, DocumentType)
	var rows []datastore.Row
	if err == nil {
		rows, err = db.View(ctx, "function_runs", "successes", datastore.Query{
			StartKey: []any{of.account, of.function, datastore.AfterEverything{}}, EndKey: []any{of.account, of.function},
			Descending: true, Skip: r.cfg.Keep.Successes, Limit: removeAtOnce,
		})
	}
	if err == nil {
		_, err = r.remove(ctx, db, rows, func(value json.RawMessage) (rev string, err error) {
			err = json.Unmarshal(value, &rev)
			return rev, err
		})
	}
	if err != nil {
		r.cfg.Log.Warn("records of successful runs cannot be removed now", "account", of.account, "function", of.function, "error", err)
	}
}

// remove deletes the rows' documents for good. One that someone else removed meanwhile is as gone.
func (r *Recorder) remove(ctx context.Context, db *datastore.Database, rows []datastore.Row, revOf func(json.RawMessage) (string, error)) (int, error) {
	gone := make([]datastore.Document, 0, len(rows))
	for _, row := range rows {
		rev, err := revOf(row.Value)
		if err != nil {
			return 0, err
		}
		if datastore.ValidID(row.ID) {
			gone = append(gone, datastore.Document{"_id": row.ID, "_rev": rev, "_deleted": true})
		}
	}
	_, err := db.BulkSave(ctx, gone)
	return len(gone), err
}
