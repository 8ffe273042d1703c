package couchnode

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// revResult is one result of a request for revisions: the leaf, or that it is missing.
type revResult struct {
	rev  revtree.Rev
	json []byte // nil: missing
}

// openRevs finds revisions of a document: all leaves (revs nil), or the requested ones. With latest it includes the
// leaves that descend from them (couch_db:open_doc_revs_int).
func (d *dbTx) openRevs(id string, revs []revtree.Rev, latest bool, with docMeta) ([]revResult, error) {
	r, err := d.record(id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = &record{}
	}
	var out []revResult
	add := func(leaf revtree.Leaf) error {
		doc, err := appendDoc(nil, id, r, leaf, with)
		out = append(out, revResult{leaf.Rev(), doc})
		return err
	}
	if revs == nil {
		for _, leaf := range r.tree {
			if err := add(leaf); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	seen := map[revtree.Rev]bool{}
	for _, rev := range revs {
		found := revtree.Tree{}
		if latest {
			found = r.tree.LeavesFrom(rev)
		} else if leaf, ok := r.tree.Leaf(rev); ok {
			found = append(found, leaf)
		}
		for _, leaf := range found {
			if !seen[leaf.Rev()] {
				seen[leaf.Rev()] = true
				if err := add(leaf); err != nil {
					return nil, err
				}
			}
		}
		if len(found) == 0 {
			out = append(out, revResult{rev: rev})
		}
	}
	return out, nil
}

// maxOpenRevs bounds how many revisions one request may name.
const maxOpenRevs = 10_000

// getOpenRevs answers GET /{db}/{doc}?open_revs=all|[…]. It sends JSON to a client that does not accept
// multipart/mixed, which is CouchDB's default and what its replicator reads.
func (rq *request) getOpenRevs(id, which string, with docMeta) error {
	var revs []revtree.Rev
	if which != "all" {
		list, err := strictjson.Compact(nil, []byte(which), strictjson.DefaultMaxDepth)
		if err != nil {
			return badRequest("invalid UTF-8 JSON: %v", err)
		}
		if strictjson.KindOf(list) != strictjson.Array {
			return badRequest("Invalid list of revisions")
		}
		revs = []revtree.Rev{}
		for _, el := range strictjson.Elements(list) {
			rev, err := parseRevJSON(el)
			if err != nil {
				return err
			}
			if revs = append(revs, rev); len(revs) > maxOpenRevs {
				return badRequest("too many revisions asked for")
			}
		}
	}
	var found []revResult
	err := rq.view(rq.db, func(d *dbTx) (err error) {
		found, err = d.openRevs(id, revs, rq.query.is("latest", "true"), with)
		return err
	})
	if err != nil {
		return err
	}
	if revs == nil && len(found) == 0 {
		return errMissing
	}
	if accepts(rq.r, "multipart/mixed") {
		return rq.sendMultipart(found)
	}
	b := []byte{'['}
	for i, f := range found {
		if i > 0 {
			b = append(b, ',')
		}
		if f.json != nil {
			b = append(append(append(b, `{"ok":`...), f.json...), '}')
		} else {
			b = append(appendRev(append(b, `{"missing":`...), f.rev), '}')
		}
	}
	rq.send(http.StatusOK, append(b, ']'))
	return nil
}

func (rq *request) sendMultipart(found []revResult) error {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, f := range found {
		contentType, body := "application/json", f.json
		if body == nil {
			contentType = `application/json; error="true"`
			body = append(appendRev([]byte(`{"missing":`), f.rev), '}')
		}
		part, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {contentType}})
		if err != nil {
			return err
		}
		if _, err := part.Write(body); err != nil {
			return err
		}
	}
	if err := m.Close(); err != nil {
		return err
	}
	rq.w.Header().Set("Content-Type", `multipart/mixed; boundary="`+m.Boundary()+`"`)
	rq.w.WriteHeader(http.StatusOK)
	// CouchDB's replicator gives up (open_doc_revs_failed) if anything follows the last boundary.
	_, err := rq.w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\r\n")))
	return err
}

// accepts reports whether the client accepts a media type. Without an Accept header it accepts any.
func accepts(r *http.Request, mediaType string) bool {
	accept := r.Header.Values("Accept")
	if len(accept) == 0 {
		return true
	}
	family, _, _ := strings.Cut(mediaType, "/")
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, attrs, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case mediaType, family + "/*", "*/*":
			q := strings.ReplaceAll(strings.ToLower(attrs), " ", "")
			if q != "q=0" && q != "q=0.0" {
				return true
			}
		}
	}
	return false
}
