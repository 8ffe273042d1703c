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

// Name returns the database's name.
func (d *Database) Name() string { return d.name }

// Connection returns the connection that the database is on.
func (d *Database) Connection() *Connection { return d.connection }

// Designed returns the database with another name for callfn's design document, so that a document of the same name
// from elsewhere stays untouched. An empty name changes nothing.
func (d *Database) Designed(name string) *Database {
	if name == "" {
		return d
	}
	other := *d
	other.design = name
	return &other
}

// Design returns the name of a design document of callfn's in this database: its usual one, or the one given to
// Designed.
func (d *Database) Design(own string) string {
	if d.design != "" {
		return d.design
	}
	return own
}

func (d *Database) subject(id string) string { return d.name + "/" + id }

// Get reads a document of any type, including a softly deleted one (see Document.Deleted). It returns ErrNotFound if
// the document is absent or deleted for good.
func (d *Database) Get(ctx context.Context, id string) (Document, error) {
	raw, err := d.GetRaw(ctx, id)
	if err != nil {
		return nil, err
	}
	doc, err := decodeDocument(raw)
	return doc, fail("get", d.subject(id), ErrNotFound, err)
}

// GetRaw reads a document byte for byte as stored. It returns the errors of Get.
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

// Create stores a new document under its `_id` and returns it with its `_rev`. It returns ErrConflict if the id is
// taken, and ErrInvalid if the document has no id or already has a revision. It does not change doc.
func (d *Database) Create(ctx context.Context, doc Document) (Document, error) {
	if doc.Rev() != "" {
		return nil, &Error{
			Op: "create", Subject: d.subject(doc.ID()), Kind: ErrInvalid,
			Cause: errors.New("a new document has no _rev"),
		}
	}
	return d.put(ctx, "create", doc)
}

// Save stores a document over the revision in its `_rev` and returns it with its new `_rev`. It returns ErrConflict if
// that revision is no longer the current one. It does not change doc.
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
	saved := doc.Ordered(written) // in the order in which it will be read
	saved["_rev"] = rev
	return saved, nil
}

// Delete deletes a document for good. It returns ErrConflict if rev is not the current revision, and ErrNotFound if the
// document is gone. KAZOO's soft delete is Document.SoftDelete and Save.
func (d *Database) Delete(ctx context.Context, id, rev string) error {
	return d.write(ctx, func(ctx context.Context, d *Database) error {
		_, err := d.db.Delete(ctx, id, rev)
		return fail("delete", d.subject(id), ErrNotFound, err)
	})
}

// BulkResult is the result for one document of a BulkSave.
type BulkResult struct {
	ID  string
	Rev string // the new revision, when Err is nil
	Err error  // ErrConflict for a document that was not written
}

// BulkSave stores many documents in one request, in order, and deletes those with `_deleted: true`. It is not a
// transaction: each document has its own result. The error is for the request as a whole.
func (d *Database) BulkSave(ctx context.Context, docs []Document) ([]BulkResult, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	results := make([]BulkResult, len(docs))
	left := make([]int, len(docs)) // indexes of the documents still to store
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
