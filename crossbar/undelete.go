package crossbar

import (
	"errors"
	"net/http"

	"callfn/internal/datastore"
)

// deletedWith is the private member of a part that was deleted with its document, and is restored with it.
const deletedWith = "pvt_deleted_with"

// deletedListing lists the softly deleted documents of the kind.
func (k *documentKind) deletedListing() listing {
	return listing{
		view: k.collection.Deleted, within: func(*exchange) []any { return []any{k.collection.Type} },
		computed: []string{"deleted", "modified"},
	}
}

// undelete restores a softly deleted document with its test cases. It validates the document again, since its numbers,
// for example, may be taken by now.
func (k *documentKind) undelete(x *exchange) (*answer, error) {
	for attempt := 1; ; attempt++ {
		doc, err := k.collection.GetDeleted(x.ctx, string(x.account.ID()), x.id())
		if errors.Is(err, datastore.ErrNotFound) {
			if _, alive := k.load(x); alive == nil {
				return nil, fail(http.StatusConflict, "not_deleted",
					map[string]any{"message": "this document is not deleted", "cause": x.id()})
			}
		}
		if err != nil {
			return nil, err
		}
		if err := x.precondition(doc.Rev()); err != nil {
			return nil, err
		}
		before := doc
		doc = doc.Replace(doc)
		delete(doc, "pvt_deleted")
		saved, remarks, err := k.store(x, before, doc)
		if err == nil {
			if err := k.undeleteParts(x); err != nil {
				return nil, err
			}
			return k.answer(x, saved, remarks)
		}
		if err := saveAgain(x, attempt, err); err != nil {
			return nil, err
		}
	}
}

// undeleteParts restores the parts that were deleted with the document of the path.
func (k *documentKind) undeleteParts(x *exchange) error {
	for _, part := range k.parts {
		prefix := []any{string(x.account.ID()), part.collection.Type}
		rows, err := part.collection.Deleted(x.ctx, datastore.Query{
			StartKey: prefix, EndKey: append(prefix[:2:2], datastore.AfterEverything{}), IncludeDocs: true,
		})
		if err != nil {
			return err
		}
		var docs []datastore.Document
		for _, row := range rows {
			if row.Doc != nil && row.Doc.Text(deletedWith) == x.id() && row.Doc.Text(subject) == x.id() {
				delete(row.Doc, "pvt_deleted")
				delete(row.Doc, deletedWith)
				docs = append(docs, row.Doc)
			}
		}
		if err := part.saveAll(x, docs); err != nil {
			return err
		}
	}
	return nil
}

// saveAll saves documents of the kind, except those that were changed meanwhile.
func (k *documentKind) saveAll(x *exchange, docs []datastore.Document) error {
	if len(docs) == 0 {
		return nil
	}
	db, err := k.collection.Datastores.Resolve(k.collection.Database, k.collection.Type)
	if err != nil {
		return err
	}
	results, err := db.BulkSave(x.ctx, docs)
	if err != nil {
		return err
	}
	for _, result := range results {
		if result.Err != nil && !errors.Is(result.Err, datastore.ErrConflict) {
			return result.Err
		}
	}
	return nil
}
