package datastore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-kivik/kivik/v4"
)

// Database is one database on one connection. It is a name, not a resource: nothing to close.
type Database struct {
	connection *Connection
	name       string
	db         *kivik.DB
	design     string                                              // see Designed
	home       func(context.Context, *Database) (*Database, error) // see Following
}

// Name of the database.
func (d *Database) Name() string { return d.name }

// Connection the database is on.
func (d *Database) Connection() *Connection { return d.connection }

// Designed is the database with our design document there under another name, so that one that someone else keeps in
// the same database is left alone. An empty name changes nothing.
func (d *Database) Designed(name string) *Database {
	if name == "" {
		return d
	}
	other := *d
	other.design = name
	return &other
}

// Design is the name under which a design document of ours is found here: its own, or the one that Designed gave.
func (d *Database) Design(own string) string {
	if d.design != "" {
		return d.design
	}
	return own
}

func (d *Database) subject(id string) string { return d.name + "/" + id }

// Get reads a document, whatever its type and also when it is softly deleted: see Document.Deleted. ErrNotFound when
// it is absent or really deleted.
func (d *Database) Get(ctx context.Context, id string) (Document, error) {
	raw, err := d.GetRaw(ctx, id)
	if err != nil {
		return nil, err
	}
	doc, err := decodeDocument(raw)
	return doc, fail("get", d.subject(id), ErrNotFound, err)
}

// GetRaw reads a document as the datastore has it, byte for byte. Errors are Get's.
func (d *Database) GetRaw(ctx context.Context, id string) (json.RawMessage, error) {
	if id == "" {
		return nil, &Error{Op: "get", Subject: d.subject(id), Kind: ErrNotFound}
	}
	ctx, cancel := d.connection.bound(ctx)
	defer cancel()
	var raw json.RawMessage
	if err := d.db.Get(ctx, id).ScanDoc(&raw); err != nil {
		return nil, fail("get", d.subject(id), ErrNotFound, err)
	}
	return raw, nil
}

// Create stores a new document under its `_id`. ErrConflict when the id is taken; ErrInvalid when the document has
// no id or already has a revision. The answer is the document with its `_rev`; the argument is not changed.
func (d *Database) Create(ctx context.Context, doc Document) (Document, error) {
	if doc.Rev() != "" {
		return nil, &Error{
			Op: "create", Subject: d.subject(doc.ID()), Kind: ErrInvalid,
			Cause: errors.New("a new document has no _rev"),
		}
	}
	return d.put(ctx, "create", doc)
}

// Save stores a document over the revision it carries in `_rev`. ErrConflict when that is no longer the current one.
// The answer is the document with its new `_rev`; the argument is not changed.
func (d *Database) Save(ctx context.Context, doc Document) (Document, error) {
	return d.put(ctx, "save", doc)
}

func (d *Database) put(ctx context.Context, op string, doc Document) (Document, error) {
	id := doc.ID()
	if id == "" {
		return nil, &Error{Op: op, Subject: d.subject(id), Kind: ErrInvalid, Cause: errors.New("the document has no _id")}
	}
	var rev string
	err := d.write(ctx, func(ctx context.Context, d *Database) (err error) {
		rev, err = d.db.Put(ctx, id, doc)
		return fail(op, d.subject(id), ErrDatabaseMissing, err)
	})
	if err != nil {
		return nil, err
	}
	written := doc.Order().In(map[string]any(doc.Ordered(nil)))
	saved := doc.Ordered(written) // it is answered as it will be when it is read again
	saved["_rev"] = rev
	return saved, nil
}

// Delete removes a document for good. ErrConflict when rev is not the current revision, ErrNotFound when it is gone.
// KAZOO's soft delete is Document.SoftDelete and Save.
func (d *Database) Delete(ctx context.Context, id, rev string) error {
	return d.write(ctx, func(ctx context.Context, d *Database) error {
		_, err := d.db.Delete(ctx, id, rev)
		return fail("delete", d.subject(id), ErrNotFound, err)
	})
}

// BulkResult is what became of one document of a BulkSave.
type BulkResult struct {
	ID  string
	Rev string // the new revision, when Err is nil
	Err error  // ErrConflict for a document that was not written
}

// BulkSave stores many documents in one request, in order; a document with `_deleted: true` is removed. It is not a
// transaction: look at each result. The error is for the request as a whole.
func (d *Database) BulkSave(ctx context.Context, docs []Document) ([]BulkResult, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	results := make([]BulkResult, len(docs))
	left := make([]int, len(docs)) // which are still to be stored
	for i := range docs {
		left[i] = i
	}
	err := d.write(ctx, func(ctx context.Context, d *Database) error {
		batch := make([]any, len(left))
		for i, n := range left {
			batch[i] = docs[n]
		}
		answers, err := d.db.BulkDocs(ctx, batch)
		if err == nil && len(answers) != len(batch) {
			err = fmt.Errorf("%d documents were answered by %d results", len(batch), len(answers))
		}
		if err != nil {
			return fail("bulk save", d.name, ErrDatabaseMissing, err)
		}
		var again []int
		var refused error
		for i, a := range answers {
			r := BulkResult{ID: a.ID, Rev: a.Rev, Err: fail("bulk save", d.subject(a.ID), ErrNotFound, a.Error)}
			if results[left[i]] = r; Fenced(r.Err) {
				again, refused = append(again, left[i]), r.Err
			}
		}
		left = again
		return refused
	})
	if err != nil && !Fenced(err) {
		return nil, err
	}
	return results, nil
}
