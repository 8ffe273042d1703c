package couchnode

import (
	"net/http"
	"strings"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// serveDocument serves /{db}/{doc} and what is below it.
func (rq *request) serveDocument() error {
	id, rest := rq.parts[1], rq.parts[2:]
	switch {
	case id == "_local" || id == localPrefix:
		if len(rest) == 0 {
			return badRequest("Invalid _local document id.")
		}
		if len(rest) > 1 {
			return badRequest("_local documents do not accept attachments.")
		}
		id, rest = localPrefix+rest[0], nil
	case id == "_design" && len(rest) > 0:
		id, rest = designPrefix+rest[0], rest[1:]
		if len(rest) > 0 && strings.HasPrefix(rest[0], "_") {
			return rq.serveDesign(id, rest)
		}
	case strings.HasPrefix(id, designPrefix) && len(rest) > 0 && strings.HasPrefix(rest[0], "_"):
		return rq.serveDesign(id, rest)
	}
	if len(rest) > 0 {
		return rq.attachment(id)
	}
	switch rq.method {
	case http.MethodGet:
		return rq.getDocument(id)
	case http.MethodPut:
		return rq.putDocument(id)
	case http.MethodDelete:
		return rq.deleteDocument(id)
	case http.MethodPost, "COPY":
		return notImplemented("%s of a document is not supported by this node", rq.method)
	}
	return methodNotAllowed("DELETE,GET,HEAD,POST,PUT,COPY")
}

// attachment answers requests for attachments, which do not exist here.
func (rq *request) attachment(id string) error {
	if rq.method != http.MethodGet {
		return notImplemented("attachments are not supported by this node")
	}
	return rq.view(rq.db, func(d *dbTx) error {
		if _, err := d.live(id); err != nil {
			return err
		}
		return notFound("Document is missing attachment")
	})
}

// readOptions is the query of a GET of a document (chttpd_db:parse_doc_query).
func (rq *request) readOptions() (with docMeta) {
	for _, p := range rq.query {
		if p.value != "true" {
			continue
		}
		switch p.key {
		case "revs":
			with.revs = true
		case "revs_info":
			with.revsInfo = true
		case "conflicts":
			with.conflicts = true
		case "deleted_conflicts":
			with.deletedConflicts = true
		case "local_seq":
			with.localSeq = true
		case "meta":
			with.revsInfo, with.conflicts, with.deletedConflicts = true, true, true
		}
	}
	return with
}

func (rq *request) getDocument(id string) error {
	with := rq.readOptions()
	if strings.HasPrefix(id, localPrefix) {
		return rq.getLocal(id)
	}
	if revs, ok := rq.query.get("open_revs"); ok {
		return rq.getOpenRevs(id, revs, with)
	}
	var want revtree.Rev
	if s, ok := rq.query.get("rev"); ok && !rq.query.is("latest", "true") {
		var err error
		if want, err = parseRev(s); err != nil {
			return err
		}
	}
	var body []byte
	var etag string
	err := rq.view(rq.db, func(d *dbTx) error {
		r, leaf, err := d.leaf(id, want)
		if err != nil {
			return err
		}
		etag = `"` + leaf.Rev().String() + `"`
		body, err = appendDoc(make([]byte, 0, len(leaf.Body)+128), id, r, leaf, with)
		return err
	})
	if err != nil {
		return err
	}
	if with.none() && rq.notModified(etag) {
		return nil
	}
	rq.send(http.StatusOK, body)
	return nil
}

// leaf finds one revision of a document: the requested leaf, or the winner, which must not be deleted.
func (d *dbTx) leaf(id string, want revtree.Rev) (*record, revtree.Leaf, error) {
	if want.IsZero() {
		r, err := d.live(id)
		if err != nil {
			return nil, revtree.Leaf{}, err
		}
		return r, r.tree.Winner(), nil
	}
	r, err := d.record(id)
	if err != nil {
		return nil, revtree.Leaf{}, err
	}
	if r != nil {
		if leaf, ok := r.tree.Leaf(want); ok {
			return r, leaf, nil
		}
	}
	return nil, revtree.Leaf{}, errMissing
}

func (rq *request) getLocal(id string) error {
	var body []byte
	err := rq.view(rq.db, func(d *dbTx) (err error) {
		body, err = d.appendLocal(nil, id)
		return err
	})
	if err != nil {
		return err
	}
	rq.send(http.StatusOK, body)
	return nil
}

// postDocument stores a document under its own id or a new one.
func (rq *request) postDocument() error {
	if err := rq.requireJSON(); err != nil {
		return err
	}
	doc, err := rq.document()
	if err != nil {
		return err
	}
	if doc.id == "" {
		if doc.id, err = rq.newUUID(); err != nil {
			return err
		}
	}
	rev, err := rq.store(doc.id, doc, true)
	if err != nil {
		return err
	}
	return rq.sendStored(http.StatusCreated, doc.id, rev)
}

func (rq *request) putDocument(id string) error {
	if err := checkDocID(id); err != nil {
		return err
	}
	if ct := contentType(rq.r); strings.HasPrefix(ct, "multipart/") {
		return notImplemented("attachments are not supported by this node")
	}
	doc, err := rq.document()
	if err != nil {
		return err
	}
	if err := rq.settleRev(doc); err != nil {
		return err
	}
	rev, err := rq.store(id, doc, !rq.query.is("new_edits", "false"))
	if err != nil {
		return err
	}
	if doc.deleted {
		return rq.sendStored(http.StatusOK, id, rev)
	}
	return rq.sendStored(http.StatusCreated, id, rev)
}

// document reads the document in the request's body.
func (rq *request) document() (*document, error) {
	body, err := rq.jsonBody(rq.documentLimit())
	if err != nil {
		return nil, err
	}
	return parseDocument(body, rq.opts.MaxDocumentBytes)
}

// documentLimit is the size limit of a request for one document. The special members come on top of the document.
func (rq *request) documentLimit() int64 { return rq.opts.MaxDocumentBytes + 256<<10 }

func (rq *request) deleteDocument(id string) error {
	err := rq.view(rq.db, func(d *dbTx) error {
		if strings.HasPrefix(id, localPrefix) {
			_, err := d.appendLocal(nil, id)
			return err
		}
		_, err := d.live(id)
		return err
	})
	if err != nil {
		return err
	}
	doc := &document{deleted: true, body: []byte("{}")}
	if err := rq.settleRev(doc); err != nil {
		return err
	}
	rev, err := rq.store(id, doc, true)
	if err != nil {
		return err
	}
	return rq.sendStored(http.StatusOK, id, rev)
}

// settleRev takes the revision that an edit is based on from the query, If-Match and the body, which must agree
// (chttpd_db:couch_doc_from_req).
func (rq *request) settleRev(doc *document) error {
	settled := doc.parent()
	if s, ok := rq.query.get("rev"); ok {
		rev, err := parseRev(s)
		if err != nil {
			return err
		}
		if !settled.IsZero() && settled != rev {
			return badRequest("Document rev from request body and query string have different values")
		}
		settled = rev
	}
	if s := rq.r.Header.Get("If-Match"); s != "" {
		rev, err := parseRev(strings.Trim(s, `"`))
		if err != nil {
			return err
		}
		if !settled.IsZero() && settled != rev {
			return badRequest("Document rev and etag have different values")
		}
		settled = rev
	}
	if len(doc.revs.IDs) == 0 {
		doc.rev = settled
	}
	return nil
}

// store writes one document, as an edit or as a replicated revision.
func (rq *request) store(id string, doc *document, newEdit bool) (rev revtree.Rev, err error) {
	if newEdit {
		if err := rq.checkDesign(id, doc); err != nil {
			return rev, err
		}
	}
	p := proposal{id: id, doc: doc, newEdit: newEdit}
	err = rq.validated([]*proposal{&p}, func(tx *writeTx, d *dbTx) (err error) {
		switch {
		case p.refused != nil:
			return p.refused
		case newEdit:
			rev, err = rq.edit(tx, rq.db, d, id, doc)
		default:
			rev, err = rq.replicate(tx, rq.db, d, id, doc)
		}
		return err
	})
	return rev, err
}

func (rq *request) sendStored(status int, id string, rev revtree.Rev) error {
	h := rq.w.Header()
	h.Set("ETag", `"`+rev.String()+`"`)
	h.Set("Location", rq.location(rq.db.name, id))
	rq.send(status, appendStored(nil, id, rev))
	return nil
}

func appendStored(dst []byte, id string, rev revtree.Rev) []byte {
	dst = strictjson.AppendString(append(dst, `{"ok":true,"id":`...), id)
	dst = appendRev(append(dst, `,"rev":`...), rev)
	return append(dst, '}')
}
