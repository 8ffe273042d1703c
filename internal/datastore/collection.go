package datastore

import (
	"context"
)

// Collection is the documents of one type in one of the shared databases, as one account sees them. A document of
// another account, of another type, softly deleted or with a malformed id counts as absent
// (docs/reference/kazoo.md#defects, B3, B7).
type Collection struct {
	Datastores Resolver
	Database   string // "functions"
	Type       string // pvt_type: "function"
	Design     string // design document with the listing: "functions"
	Listing    string // view whose keys are [account, id]: "crossbar_listing"
}

func (c Collection) database() (*Database, error) {
	return c.Datastores.Resolve(c.Database, c.Type)
}

// Get reads one document of the account. It returns ErrNotFound for every document that the account may not see.
func (c Collection) Get(ctx context.Context, accountID, id string) (Document, error) {
	return c.get(ctx, accountID, id, false)
}

// GetDeleted reads one softly deleted document of the account. It returns ErrNotFound for one that is not deleted.
func (c Collection) GetDeleted(ctx context.Context, accountID, id string) (Document, error) {
	return c.get(ctx, accountID, id, true)
}

func (c Collection) get(ctx context.Context, accountID, id string, deleted bool) (Document, error) {
	absent := &Error{Op: "get", Subject: c.Database + "/" + id, Kind: ErrNotFound}
	if !ValidID(id) || !ValidID(accountID) {
		return nil, absent
	}
	db, err := c.database()
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if doc.Type() != c.Type || doc.Account() != accountID || doc.Deleted() != deleted {
		return nil, absent
	}
	return doc, nil
}

// Save stores a new document (one without `_rev`) or a new revision. It returns ErrConflict if the document has another
// revision by now.
func (c Collection) Save(ctx context.Context, doc Document) (Document, error) {
	db, err := c.database()
	if err != nil {
		return nil, err
	}
	if doc.Rev() == "" {
		return db.Create(ctx, doc)
	}
	return db.Save(ctx, doc)
}

// Delete removes a document for good.
func (c Collection) Delete(ctx context.Context, doc Document) error {
	db, err := c.database()
	if err != nil {
		return err
	}
	return db.Delete(ctx, doc.ID(), doc.Rev())
}

// View reads rows of a view of the collection's design document.
func (c Collection) View(ctx context.Context, view string, q Query) ([]Row, error) {
	db, err := c.database()
	if err != nil {
		return nil, err
	}
	return db.View(ctx, c.Design, view, q)
}

// Deleted reads rows of the softly deleted documents of the collection's database; keys are [account, type, id].
func (c Collection) Deleted(ctx context.Context, q Query) ([]Row, error) {
	return c.View(ctx, "deleted", q)
}

// ByAccount reads rows of the collection's listing; keys are [account, id].
func (c Collection) ByAccount(ctx context.Context, q Query) ([]Row, error) {
	return c.View(ctx, c.Listing, q)
}
