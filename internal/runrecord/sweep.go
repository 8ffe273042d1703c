package runrecord

import (
	"context"
	"encoding/json"

	"callfn/internal/datastore"
)

// mostTouched bounds the functions remembered between two sweeps. Others are trimmed when they run again.
const mostTouched = 10_000

// sweep removes superfluous records: old ones, those that newer ones replaced, and those beyond an account's limit.
func (r *Recorder) sweep() {
	for of := range r.touched {
		r.trim(of)
	}
	for account := range r.accounts {
		r.bound(account)
	}
	if r.cfg.Keep.For <= 0 {
		return
	}
	for range 100 { // bounds the work; the next sweep continues
		n, err := r.expire()
		if err != nil {
			r.cfg.Log.Warn("cannot remove old run records", "error", err)
		}
		if err != nil || n == 0 {
			return
		}
	}
}

const removeAtOnce = 500

// expire removes some records past their time. Run ids are ordered by time.
func (r *Recorder) expire() (removed int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	db, err := r.cfg.Datastores.Resolve(datastore.FunctionRuns, DocumentType)
	if err != nil {
		return 0, err
	}
	rows, err := db.AllDocs(ctx, datastore.Query{
		StartKey: "0", EndKey: expired(r.cfg.Now(), r.cfg.Keep),
		ExclusiveEnd: true, Limit: removeAtOnce,
	})
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

// removals bounds the requests of one trim. The next trim continues.
const removals = 20

// trim removes a function's runs of a class except the last ones.
func (r *Recorder) trim(of runsOf) {
	delete(r.touched, of)
	_, err := r.removeBeyond("kept", datastore.Query{
		StartKey: []any{of.account, of.function, string(of.class), datastore.AfterEverything{}}, EndKey: []any{
			of.account,
			of.function, string(of.class),
		},
		Skip: r.cfg.Keep.most(of.class),
	})
	if err != nil {
		r.cfg.Log.Warn("cannot remove superseded run records", "account", of.account, "function",
			of.function, "error", err)
	}
}

// bound removes an account's records beyond its limit, the oldest first. Records outlive their functions, so limits per
// function are not enough.
func (r *Recorder) bound(account string) {
	delete(r.accounts, account)
	if r.cfg.Keep.PerAccount <= 0 {
		return
	}
	n, err := r.removeBeyond("everything_of_account", datastore.Query{
		StartKey: account, EndKey: account,
		Skip: r.cfg.Keep.PerAccount,
	})
	r.over.Add(uint64(n))
	if n > 0 {
		r.cfg.Log.Warn("removed oldest run records of an account over its limit", "account", account,
			"removed", n, "most", r.cfg.Keep.PerAccount)
	}
	if err != nil {
		r.cfg.Log.Warn("cannot remove run records of an account over its limit", "account", account, "error", err)
	}
}

// removeBeyond removes a view's records, ordered newest first, after those that q skips.
func (r *Recorder) removeBeyond(view string, q datastore.Query) (removed int, err error) {
	q.Descending, q.Limit = true, removeAtOnce
	for range removals {
		n, err := r.removeSome(view, q)
		removed += n
		if err != nil || n < removeAtOnce {
			return removed, err
		}
	}
	return removed, nil
}

func (r *Recorder) removeSome(view string, q datastore.Query) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	db, err := r.cfg.Datastores.Resolve(datastore.FunctionRuns, DocumentType)
	if err != nil {
		return 0, err
	}
	rows, err := db.View(ctx, "function_runs", view, q)
	if err != nil {
		return 0, err
	}
	return r.remove(ctx, db, rows, func(value json.RawMessage) (rev string, err error) {
		err = json.Unmarshal(value, &rev)
		return rev, err
	})
}

// remove deletes the rows' documents for good. It ignores those that another process removed meanwhile.
func (r *Recorder) remove(ctx context.Context, db *datastore.Database, rows []datastore.Row,
	revOf func(json.RawMessage) (string, error),
) (int, error) {
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
