package couchnode

import (
	"errors"
	"net/http"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// bulkItem is one document of a _bulk_docs request and its result.
type bulkItem struct {
	*proposal
	before error // a refusal before the write
	rev    revtree.Rev
	err    error
}

// bulkDocs stores many documents in one transaction. Each has its own result: a refused one does not keep the others
// from being stored.
func (rq *request) bulkDocs() error {
	body, err := rq.postedObject()
	if err != nil {
		return err
	}
	newEdits := true
	if v := strictjson.Get(body, "new_edits"); v != nil {
		switch strictjson.KindOf(v) {
		case strictjson.True:
		case strictjson.False:
			newEdits = false
		default:
			return badRequest("`new_edits` parameter must be a boolean.")
		}
	}
	items, err := rq.bulkItems(strictjson.Get(body, "docs"), newEdits)
	if err != nil {
		return err
	}
	proposals := make([]*proposal, len(items))
	for i := range items {
		proposals[i] = items[i].proposal
	}
	err = rq.validated(proposals, func(tx *writeTx, d *dbTx) error {
		for i := range items {
			if err := rq.bulkStore(tx, d, &items[i], newEdits); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	rq.send(http.StatusCreated, appendBulkResults(nil, items, newEdits))
	return nil
}

// bulkItems reads the documents. A malformed one refuses the whole request, as in CouchDB.
func (rq *request) bulkItems(docs []byte, newEdits bool) ([]bulkItem, error) {
	if docs == nil {
		return nil, badRequest("POST body must include `docs` parameter.")
	}
	if strictjson.KindOf(docs) != strictjson.Array {
		return nil, badRequest("`docs` parameter must be an array.")
	}
	var items []bulkItem
	for _, el := range strictjson.Elements(docs) {
		doc, err := parseDocument(el, rq.opts.MaxDocumentBytes)
		if err != nil {
			return nil, err
		}
		item := bulkItem{proposal: &proposal{id: doc.id, doc: doc, newEdit: newEdits}}
		if !newEdits && len(doc.path().IDs) == 0 {
			return nil, badRequest("When `new_edits: false`, the document needs `_rev` or `_revisions` specified")
		}
		if item.id == "" {
			if item.id, err = rq.newUUID(); err != nil {
				return nil, err
			}
		}
		if newEdits {
			item.before = rq.checkDesign(item.id, doc)
		}
		items = append(items, item)
	}
	return items, nil
}

// bulkStore stores one item. It records a refusal in the item and returns only errors that must undo the whole
// transaction.
func (rq *request) bulkStore(tx *writeTx, d *dbTx, item *bulkItem, newEdits bool) error {
	item.rev, item.err = revtree.Rev{}, item.before
	if item.err == nil && item.refused != nil {
		item.err = item.refused
	}
	if item.err != nil {
		return nil
	}
	if newEdits {
		item.rev, item.err = rq.edit(tx, rq.db, d, item.id, item.doc)
	} else {
		item.rev, item.err = rq.replicate(tx, rq.db, d, item.id, item.doc)
	}
	var refused *apiError
	if item.err != nil && !errors.As(item.err, &refused) {
		return item.err
	}
	return nil
}

// appendBulkResults appends a result for each document; with new_edits=false only for failed ones.
func appendBulkResults(dst []byte, items []bulkItem, newEdits bool) []byte {
	dst = append(dst, '[')
	first := true
	for _, item := range items {
		if item.err == nil && !newEdits {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if item.err == nil {
			dst = appendStored(dst, item.id, item.rev)
			continue
		}
		var refused *apiError
		if !errors.As(item.err, &refused) {
			refused = refuse(500, "internal_server_error", "")
		}
		dst = strictjson.AppendString(append(dst, `{"id":`...), item.id)
		if !newEdits {
			dst = appendRev(append(dst, `,"rev":`...), item.doc.parent())
		}
		dst = strictjson.AppendString(append(dst, `,"error":`...), refused.word)
		dst = strictjson.AppendString(append(dst, `,"reason":`...), refused.reason)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// bulkGet reads many documents, for the replicators of CouchDB 3 and PouchDB.
func (rq *request) bulkGet() error {
	if err := rq.allow("POST"); err != nil {
		return err
	}
	if err := rq.requireJSON(); err != nil {
		return err
	}
	for _, p := range rq.query {
		switch p.key {
		case "open_revs", "new_edits", "w", "rev", "atts_since":
			return badRequest("%q query parameter is not acceptable", p.key)
		}
	}
	if !accepts(rq.r, "application/json") {
		return notImplemented("_bulk_get answers only application/json on this node")
	}
	body, err := rq.jsonObject(rq.opts.MaxRequestBytes)
	if err != nil {
		return err
	}
	docs := strictjson.Get(body, "docs")
	if docs == nil || strictjson.KindOf(docs) != strictjson.Array {
		return badRequest("Missing JSON list of 'docs'.")
	}
	with, latest := rq.readOptions(), rq.query.is("latest", "true")
	out := []byte(`{"results":[`)
	for i, el := range strictjson.Elements(docs) {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = rq.appendBulkGet(out, el, latest, with); err != nil {
			return err
		}
		if int64(len(out)) > rq.opts.MaxRequestBytes {
			return errTooLarge
		}
	}
	rq.send(http.StatusOK, append(out, `]}`...))
	return nil
}

// appendBulkGet appends the result for one {"id":…,"rev":…}.
func (rq *request) appendBulkGet(dst, want []byte, latest bool, with docMeta) ([]byte, error) {
	failed := func(id, rev, word, reason string) []byte {
		dst = append(appendOrNull(append(dst, `{"id":`...), id), `,"docs":[{"error":{"id":`...)
		dst = appendOrNull(append(appendOrNull(dst, id), `,"rev":`...), rev)
		dst = strictjson.AppendString(append(dst, `,"error":`...), word)
		dst = strictjson.AppendString(append(dst, `,"reason":`...), reason)
		return append(dst, `}}]}`...)
	}
	if strictjson.KindOf(want) != strictjson.Object {
		return failed("", "", "bad_request", "document must be a JSON object"), nil
	}
	rawID := strictjson.Get(want, "id")
	if rawID == nil || strictjson.KindOf(rawID) != strictjson.String {
		return failed("", "", "bad_request", "document id missed"), nil
	}
	id := strictjson.Unquote(rawID)
	var refused *apiError
	if err := checkDocID(id); errors.As(err, &refused) {
		return failed(id, "", refused.word, refused.reason), nil
	}
	var revs []revtree.Rev
	if rawRev := strictjson.Get(want, "rev"); rawRev != nil {
		rev, err := parseRevJSON(rawRev)
		if errors.As(err, &refused) {
			return failed(id, string(rawRev), refused.word, refused.reason), nil
		}
		revs = []revtree.Rev{rev}
	}
	var found []revResult
	err := rq.view(rq.db, func(d *dbTx) (err error) {
		found, err = d.openRevs(id, revs, latest, with)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return failed(id, "undefined", "not_found", "missing"), nil
	}
	dst = append(strictjson.AppendString(append(dst, `{"id":`...), id), `,"docs":[`...)
	for i, f := range found {
		if i > 0 {
			dst = append(dst, ',')
		}
		if f.json != nil {
			dst = append(append(append(dst, `{"ok":`...), f.json...), '}')
			continue
		}
		dst = strictjson.AppendString(append(dst, `{"error":{"id":`...), id)
		dst = appendRev(append(dst, `,"rev":`...), f.rev)
		dst = append(dst, `,"error":"not_found","reason":"missing"}}`...)
	}
	return append(dst, `]}`...), nil
}

func appendOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return strictjson.AppendString(dst, s)
}
