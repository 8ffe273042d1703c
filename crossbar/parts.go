package crossbar

import (
	"errors"

	"callfn/internal/datastore"
)

// subject is the private field of a part with the id of its document.
const subject = "pvt_subject_id"

// loadPart reads the part that the path names below its document. Every refusal gives the same answer.
func (k *documentKind) loadPart(x *exchange) (datastore.Document, error) {
	if _, err := k.of.load(x); err != nil {
		return nil, err
	}
	x.about = x.path["part"]
	doc, err := k.collection.Get(x.ctx, string(x.account.ID()), x.about)
	if err != nil {
		return nil, err
	}
	if doc.Text(subject) != x.id() {
		return nil, badIdentifier(x.about)
	}
	return doc, nil
}

// partsOf reads the parts of the document that the path names, ordered by id. The kind's listing view has keys
// [account, document, part].
func (k *documentKind) partsOf(x *exchange, most int) ([]datastore.Document, error) {
	prefix := []any{string(x.account.ID()), x.id()}
	rows, err := k.collection.ByAccount(x.ctx, datastore.Query{
		StartKey: prefix, EndKey: append(prefix[:2:2], datastore.AfterEverything{}), IncludeDocs: true, Limit: most,
	})
	if err != nil {
		return nil, err
	}
	docs := make([]datastore.Document, 0, len(rows))
	for _, row := range rows {
		if row.Doc != nil && !row.Doc.Deleted() {
			docs = append(docs, row.Doc)
		}
	}
	return docs, nil
}

// deleteParts deletes the parts of a deleted document, softly or for good like the document. Parts that remain after a
// failure cannot be reached, and are deleted with the account.
func (k *documentKind) deleteParts(x *exchange, hard bool) error {
	for _, part := range k.parts {
		docs, err := part.partsOf(x, mostCases)
		if errors.Is(err, datastore.ErrViewMissing) {
			continue // the design document of an older version has no parts
		}
		if err != nil {
			return err
		}
		for _, doc := range docs {
			doc.SoftDelete()
			doc[deletedWith] = x.id()
			if hard {
				doc["_deleted"] = true
			}
		}
		if err := part.saveAll(x, docs); err != nil {
			return err
		}
	}
	return nil
}
