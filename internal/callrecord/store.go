package callrecord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// Store reads records. It is safe for concurrent use.
type Store struct {
	Datastores datastore.Resolver
	Now        func() time.Time
	Keep       time.Duration // how long records are kept; DefaultKeep when zero
}

func (s Store) keep() time.Duration {
	if s.Keep <= 0 {
		return DefaultKeep
	}
	return s.Keep
}

// Get reads a record of an account. datastore.ErrNotFound also for another account's, and for one that is too old.
func (s Store) Get(ctx context.Context, id account.ID, record string) (datastore.Document, error) {
	absent := &datastore.Error{Op: "get", Subject: "call record", Kind: datastore.ErrNotFound}
	month, ok := monthOf(record)
	if !ok || !slices.ContainsFunc(Months(s.Now(), s.keep()), month.Equal) {
		return nil, absent
	}
	db, err := s.Datastores.Resolve(Database(month), DocumentType)
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, record)
	if errors.Is(err, datastore.ErrDatabaseMissing) {
		return nil, absent
	}
	if err == nil && (doc.Type() != DocumentType || doc.Account() != string(id) || s.tooOld(doc)) {
		return nil, absent
	}
	return doc, err
}

// oldest is when a call began whose record is just kept. Older ones may still be there: their month goes as a whole.
func (s Store) oldest() time.Time { return s.Now().Add(-s.keep()) }

func (s Store) tooOld(doc datastore.Document) bool { return began(doc).Before(s.oldest()) }

// OfCall reads the records of a Call-ID in an account, the latest first; none is no error.
func (s Store) OfCall(ctx context.Context, id account.ID, callID string) ([]datastore.Document, error) {
	q := datastore.Query{Key: []any{string(id), callID}, IncludeDocs: true, Limit: 20}
	rows, err := s.view(ctx, "by_call", q)
	var docs []datastore.Document
	for _, row := range rows {
		if row.Doc != nil && !s.tooOld(row.Doc) {
			docs = append(docs, row.Doc)
		}
	}
	slices.SortFunc(docs, func(a, b datastore.Document) int { return began(b).Compare(began(a)) })
	return docs, err
}

func began(doc datastore.Document) time.Time {
	at, _ := time.Parse(time.RFC3339, doc.Text("iso_8601"))
	return at
}

// View reads rows of the listing of all months; keys are [account, time, id]. A range that is all of an account's rows
// begins with the oldest record that is kept.
func (s Store) View(ctx context.Context, q datastore.Query) ([]datastore.Row, error) {
	first := &q.StartKey
	if q.Descending {
		first = &q.EndKey
	}
	if key, ok := (*first).([]any); ok && len(key) == 1 {
		*first = append(slices.Clone(key), datastore.Gregorian(s.oldest()))
	}
	return s.view(ctx, "crossbar_listing", q)
}

// view reads rows of a view, month by month, in the order of the query.
func (s Store) view(ctx context.Context, view string, q datastore.Query) ([]datastore.Row, error) {
	months := Months(s.Now(), s.keep())
	if !q.Descending {
		slices.Reverse(months)
	}
	limit := q.Limit
	var found []datastore.Row
	for _, month := range months {
		db, err := s.Datastores.Resolve(Database(month), DocumentType)
		if err != nil {
			return nil, err
		}
		if q.Limit = limit - len(found); limit > 0 && q.Limit <= 0 {
			break
		}
		rows, err := db.View(ctx, Design, view, q)
		if errors.Is(err, datastore.ErrDatabaseMissing) || errors.Is(err, datastore.ErrViewMissing) {
			continue // no call that month
		}
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// wiped is how many records are deleted at a time.
const wiped = 200

// Wipe deletes for good all records of an account.
func (s Store) Wipe(ctx context.Context, id account.ID) error {
	for _, month := range Months(s.Now(), s.keep()) {
		db, err := s.Datastores.Resolve(Database(month), DocumentType)
		if err != nil {
			return err
		}
		if err := wipe(ctx, db, id); err != nil {
			return err
		}
	}
	return nil
}

func wipe(ctx context.Context, db *datastore.Database, id account.ID) error {
	for {
		rows, err := db.View(ctx, Design, "everything_of_account", datastore.Query{Key: string(id), Limit: wiped})
		if errors.Is(err, datastore.ErrDatabaseMissing) || errors.Is(err, datastore.ErrViewMissing) || len(rows) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		gone := make([]datastore.Document, len(rows))
		for i, row := range rows {
			var rev string
			if err := json.Unmarshal(row.Value, &rev); err != nil {
				return err
			}
			gone[i] = datastore.Document{"_id": row.ID, "_rev": rev, "_deleted": true}
		}
		results, err := db.BulkSave(ctx, gone)
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
