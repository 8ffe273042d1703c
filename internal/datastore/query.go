package datastore

import (
	"context"
	"encoding/json"

	"github.com/go-kivik/kivik/v4"
)

// Query selects rows of a view. Keys are any JSON values; nil means "not given". The zero value selects every row.
type Query struct {
	Key        any    // rows of exactly this key
	Keys       []any  // rows of any of these keys, in their order
	StartKey   any    // first key, inclusive (the highest when Descending)
	EndKey     any    // last key, inclusive unless ExclusiveEnd
	StartDocID string // with StartKey: first document id among rows of that key
	EndDocID   string // with EndKey: last document id among rows of that key

	ExclusiveEnd bool
	Descending   bool
	Limit        int // at most this many rows; 0 means no limit
	Skip         int

	IncludeDocs bool // also fetch each row's document
	Reduce      bool // return the reduction; otherwise a view with a reduce function is read as a map
	Group       bool // with Reduce: one row per key
}

// AfterEverything is a key that sorts after every string, number and array (an empty object): the range from
// `[account]` to `[account, AfterEverything{}]` is one account's rows.
type AfterEverything struct{}

// Row is one row of a view.
type Row struct {
	ID    string          // document that emitted the row; empty for reduced rows
	Key   json.RawMessage // the emitted key
	Value json.RawMessage // the emitted value
	Doc   Document        // with IncludeDocs; nil when the document is gone
}

// View reads rows. It returns ErrViewMissing if the design document or the view is not installed.
func (d *Database) View(ctx context.Context, ddoc, view string, q Query) ([]Row, error) {
	ctx, cancel := d.connection.bound(ctx)
	defer cancel()
	ddoc = d.Design(ddoc)
	subject := d.name + "/_design/" + ddoc + "/_view/" + view
	rows, err := collect(ctx, q.IncludeDocs, func(ctx context.Context) *kivik.ResultSet {
		return d.db.Query(ctx, "_design/"+ddoc, "_view/"+view, kivik.Params(q.params()))
	})
	if err != nil {
		return nil, fail("view", subject, ErrViewMissing, err)
	}
	return rows, nil
}

// AllDocs reads documents by id, softly deleted ones and design documents included.
func (d *Database) AllDocs(ctx context.Context, q Query) ([]Row, error) {
	ctx, cancel := d.connection.bound(ctx)
	defer cancel()
	params := q.params()
	delete(params, "reduce")
	rows, err := collect(ctx, q.IncludeDocs, func(ctx context.Context) *kivik.ResultSet {
		return d.db.AllDocs(ctx, kivik.Params(params))
	})
	if err != nil {
		return nil, fail("all docs", d.name, ErrDatabaseMissing, err)
	}
	return rows, nil
}

func collect(ctx context.Context, docs bool, ask func(context.Context) *kivik.ResultSet) ([]Row, error) {
	reading, ctx := read(ctx)
	defer reading.close()
	set := ask(ctx)
	defer set.Close() //nolint:errcheck // Err below reports what matters
	var rows []Row
	for set.Next() {
		var row Row
		err := reading.row(func() (err error) {
			row, err = scan(set, docs)
			return err
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, reading.why(set.Err())
}

func scan(set *kivik.ResultSet, docs bool) (Row, error) {
	var row Row
	row.ID, _ = set.ID() // reduced rows have none
	if err := set.ScanKey(&row.Key); err != nil {
		return row, err
	}
	if err := set.ScanValue(&row.Value); err != nil {
		return row, err
	}
	if !docs {
		return row, nil
	}
	var raw json.RawMessage
	if err := set.ScanDoc(&raw); err != nil || len(raw) == 0 || string(raw) == "null" {
		return row, nil // the document was deleted after the index was read
	}
	var err error
	row.Doc, err = decodeDocument(raw)
	return row, err
}

func (q Query) params() map[string]any {
	p := map[string]any{"reduce": q.Reduce}
	set := func(name string, value any, given bool) {
		if given {
			p[name] = value
		}
	}
	set("key", q.Key, q.Key != nil)
	set("keys", q.Keys, q.Keys != nil)
	set("startkey", q.StartKey, q.StartKey != nil)
	set("endkey", q.EndKey, q.EndKey != nil)
	set("startkey_docid", q.StartDocID, q.StartDocID != "")
	set("endkey_docid", q.EndDocID, q.EndDocID != "")
	set("inclusive_end", false, q.ExclusiveEnd)
	set("descending", true, q.Descending)
	set("limit", q.Limit, q.Limit > 0)
	set("skip", q.Skip, q.Skip > 0)
	set("include_docs", true, q.IncludeDocs)
	set("group", true, q.Group)
	return p
}
