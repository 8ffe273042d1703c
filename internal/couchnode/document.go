package couchnode

import (
	"strings"
	"unicode/utf8"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// maxIDBytes bounds a document id: it must fit a bbolt key (32 KiB) together with its view key and row number.
const maxIDBytes = 4096

const (
	designPrefix = "_design/"
	localPrefix  = "_local/"
)

// document is one document from a client, without its special members (couch_doc:from_json_obj).
type document struct {
	id      string // "" if the body has none
	body    []byte // compact JSON object
	deleted bool
	rev     revtree.Rev  // from _rev; zero if there is none
	revs    revtree.Path // from _revisions; no ids if there is none
}

// path returns the revision to store a replicated document as, or no ids.
func (d *document) path() revtree.Path {
	if len(d.revs.IDs) == 0 && !d.rev.IsZero() {
		return revtree.Path{Gen: d.rev.Gen, IDs: []revtree.ID{d.rev.ID}}
	}
	return d.revs
}

// parent returns the revision that an edit is based on, or zero.
func (d *document) parent() revtree.Rev {
	if p := d.path(); len(p.IDs) > 0 {
		return p.Rev()
	}
	return revtree.Rev{}
}

// parseDocument reads a compact JSON value. maxBytes bounds the body without its special members.
func parseDocument(src []byte, maxBytes int64) (*document, error) {
	if strictjson.KindOf(src) != strictjson.Object {
		return nil, badRequest("Document must be a JSON object")
	}
	d := &document{body: make([]byte, 0, len(src))}
	d.body = append(d.body, '{')
	for _, m := range strictjson.Members(src) {
		if !strings.HasPrefix(m.Name, "_") {
			if len(d.body) > 1 {
				d.body = append(d.body, ',')
			}
			d.body = append(strictjson.AppendString(d.body, m.Name), ':')
			d.body = append(d.body, m.Value...)
			continue
		}
		if err := d.special(m); err != nil {
			return nil, err
		}
	}
	d.body = append(d.body, '}')
	if int64(len(d.body)) > maxBytes {
		return nil, refuse(413, "document_too_large", d.id)
	}
	return d, nil
}

// special reads one member whose name begins with an underscore.
func (d *document) special(m strictjson.Member) error {
	kind := strictjson.KindOf(m.Value)
	switch m.Name {
	case "_id":
		if kind != strictjson.String {
			return refuse(400, "illegal_docid", "Document id must be a string")
		}
		d.id = strictjson.Unquote(m.Value)
		return checkDocID(d.id)
	case "_rev":
		rev, err := parseRevJSON(m.Value)
		d.rev = rev
		return err
	case "_revisions":
		revs, err := parseRevisions(m.Value)
		d.revs = revs
		return err
	case "_deleted":
		if kind == strictjson.True || kind == strictjson.False {
			d.deleted = kind == strictjson.True
			return nil
		}
	case "_attachments":
		if kind == strictjson.Object && len(m.Value) == len("{}") {
			return nil
		}
		return notImplemented("attachments are not supported by this node")
	case "_revs_info", "_local_seq", "_conflicts", "_deleted_conflicts":
		return nil // members that a read may have added
	}
	return docValidation("Bad special document member: %s", m.Name)
}

func parseRevJSON(v []byte) (revtree.Rev, error) {
	if strictjson.KindOf(v) != strictjson.String {
		return revtree.Rev{}, errRevFormat
	}
	return parseRev(strictjson.Unquote(v))
}

func parseRev(s string) (revtree.Rev, error) {
	rev, err := revtree.Parse(s)
	if err != nil {
		return rev, errRevFormat
	}
	return rev, nil
}

// parseRevisions reads {"start":3,"ids":["c","b","a"]}. CouchDB's replicator sends start 0 for its _local checkpoints.
func parseRevisions(v []byte) (revtree.Path, error) {
	var p revtree.Path
	if strictjson.KindOf(v) != strictjson.Object {
		return p, docValidation("Bad special document member: _revisions")
	}
	start, ids := strictjson.Get(v, "start"), strictjson.Get(v, "ids")
	n, ok := jsonInt(start)
	if !ok || n < 0 || n > 1<<53 {
		return p, docValidation("_revisions.start isn't an integer.")
	}
	if ids == nil || strictjson.KindOf(ids) != strictjson.Array {
		return p, docValidation("_revisions.ids isn't a array.")
	}
	p.Gen = n
	for _, el := range strictjson.Elements(ids) {
		if strictjson.KindOf(el) != strictjson.String {
			return p, docValidation("RevId isn't a string")
		}
		id, err := revtree.ParseID(strictjson.Unquote(el))
		if err != nil {
			return p, docValidation("RevId isn't a valid hexadecimal")
		}
		p.IDs = append(p.IDs, id)
	}
	if len(p.IDs) == 0 || int64(len(p.IDs)) > max(n, 1) {
		return p, docValidation("_revisions.ids doesn't fit _revisions.start")
	}
	return p, nil
}

// checkDocID applies couch_doc:validate_docid, plus a bound on length and no NUL.
func checkDocID(id string) error {
	illegal := func(reason string) error { return refuse(400, "illegal_docid", reason) }
	switch {
	case id == "":
		return illegal("Document id must not be empty")
	case id == designPrefix || id == localPrefix:
		return illegal("Illegal document id `" + id + "`")
	case len(id) > maxIDBytes:
		return illegal("Document id is too long")
	case !utf8.ValidString(id):
		return illegal("Document id must be valid UTF-8")
	case strings.IndexByte(id, 0) >= 0:
		return illegal("Document id must not contain NUL")
	case id[0] == '_' && !strings.HasPrefix(id, designPrefix) && !strings.HasPrefix(id, localPrefix):
		return illegal("Only reserved document ids may start with underscore.")
	}
	return nil
}

// docMeta selects what a read adds to a document.
type docMeta struct {
	revs, revsInfo, conflicts, deletedConflicts, localSeq bool
}

// none reports that nothing is added. Only such an answer may have an ETag.
func (m docMeta) none() bool { return m == docMeta{} }

// appendDoc appends a leaf as the JSON document for clients (couch_doc:to_json_obj). It returns a *CorruptError if the
// body is damaged; dst is then unchanged.
func appendDoc(dst []byte, id string, r *record, leaf revtree.Leaf, with docMeta) ([]byte, error) {
	if _, err := body(leaf); err != nil {
		return dst, &CorruptError{Document: id, Cause: err}
	}
	dst = strictjson.AppendString(append(dst, `{"_id":`...), id)
	dst = appendRev(append(dst, `,"_rev":`...), leaf.Rev())
	if len(leaf.Body) > len("{}") {
		dst = append(append(dst, ','), leaf.Body[1:len(leaf.Body)-1]...)
	}
	if leaf.Deleted {
		dst = append(dst, `,"_deleted":true`...)
	}
	if with.revs {
		dst = appendRevisions(dst, leaf.Path)
	}
	if with.revsInfo {
		dst = appendRevsInfo(append(dst, `,"_revs_info":`...), leaf)
	}
	if with.localSeq {
		dst = appendInt(append(dst, `,"_local_seq":`...), int64(r.seq))
	}
	if with.conflicts {
		dst = appendConflicts(dst, "_conflicts", r.tree.Conflicts(false))
	}
	if with.deletedConflicts {
		dst = appendConflicts(dst, "_deleted_conflicts", r.tree.Conflicts(true))
	}
	return append(dst, '}'), nil
}

func appendRevisions(dst []byte, p revtree.Path) []byte {
	dst = appendInt(append(dst, `,"_revisions":{"start":`...), p.Gen)
	dst = append(dst, `,"ids":[`...)
	for i, id := range p.IDs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendString(dst, id.String())
	}
	return append(dst, `]}`...)
}

// appendRevsInfo lists a leaf's history. Only the leaf's own body is available.
func appendRevsInfo(dst []byte, leaf revtree.Leaf) []byte {
	dst = append(dst, '[')
	for i, id := range leaf.IDs {
		status := "missing"
		if i > 0 {
			dst = append(dst, ',')
		} else if status = "available"; leaf.Deleted {
			status = "deleted"
		}
		dst = appendRev(append(dst, `{"rev":`...), revtree.Rev{Gen: leaf.Gen - int64(i), ID: id})
		dst = append(dst, `,"status":"`+status+`"}`...)
	}
	return append(dst, ']')
}

func appendConflicts(dst []byte, name string, revs []revtree.Rev) []byte {
	if len(revs) == 0 {
		return dst
	}
	dst = append(dst, `,"`+name+`":`...)
	return appendRevs(dst, revs)
}

func appendRevs(dst []byte, revs []revtree.Rev) []byte {
	dst = append(dst, '[')
	for i, r := range revs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRev(dst, r)
	}
	return append(dst, ']')
}

func appendRev(dst []byte, r revtree.Rev) []byte { return strictjson.AppendString(dst, r.String()) }
