package couchnode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// validator is the validate_doc_update of a design document. It decides about every document that is written to its
// database, replicated ones and an administrator's included; only design documents and _local ones are no business of
// it (couch_db:validate_doc_update).
type validator struct{ language, source string }

// proposal is a document that somebody wants to store.
type proposal struct {
	id      string
	doc     *document
	newEdit bool
	refused error // by a validator
}

// errRevalidate: the validators changed between the look at them and the write.
var errRevalidate = refuse(503, "service unavailable", "the design documents changed meanwhile")

// validated runs a write in the next group, once the database's validators have been asked about what it would store.
// Their refusals are left in the proposals. They are asked outside of the transaction, so that no other write waits for
// JavaScript; if a design document changes them meanwhile, they are asked again: once a design document is stored,
// nothing gets in that its validator has not seen. A database without validators pays for one look at a key that is not
// there.
func (rq *request) validated(proposals []*proposal, write func(*writeTx, *dbTx) error) error {
	for {
		seen, err := rq.validate(proposals)
		if err != nil {
			return err
		}
		err = rq.update(rq.db, func(tx *writeTx, d *dbTx) error {
			if !bytes.Equal(d.named, seen) {
				return errRevalidate
			}
			return write(tx, d)
		})
		if !errors.Is(err, errRevalidate) {
			return err
		}
	}
}

// validate asks the validators about the proposals, and says which ones they were: the value of keyValidators.
func (rq *request) validate(proposals []*proposal) (seen []byte, err error) {
	var validators []validator
	var asked []*proposal
	var edits []Edit
	var security []byte
	err = rq.view(rq.db, func(d *dbTx) error {
		if seen = bytes.Clone(d.named); seen == nil {
			return nil
		}
		security = bytes.Clone(d.security())
		if validators, err = d.validators(); err != nil {
			return err
		}
		for _, p := range proposals {
			p.refused = nil
			if strings.HasPrefix(p.id, designPrefix) || strings.HasPrefix(p.id, localPrefix) {
				continue
			}
			edit, ok, err := d.proposed(p)
			if err != nil {
				return err
			}
			if ok {
				asked, edits = append(asked, p), append(edits, edit)
			}
		}
		return nil
	})
	if err != nil || len(edits) == 0 {
		return seen, err
	}
	if rq.engine == nil {
		return nil, notImplemented("this node has no engine for validate_doc_update")
	}
	user := append(rq.appendUser(append(strictjson.AppendString([]byte(`{"db":`), rq.db.name), ',')), '}')
	for _, v := range validators {
		answers, err := rq.engine.Validate(rq.ctx, v.language, v.source, user, security, edits)
		if err != nil {
			return nil, err
		}
		if len(answers) != len(edits) {
			return nil, fmt.Errorf("couchnode: validate_doc_update answered %d of %d documents", len(answers), len(edits))
		}
		for i, refusal := range answers {
			if refusal != nil && asked[i].refused == nil {
				asked[i].refused = refusal.apiError()
			}
		}
	}
	return seen, nil
}

// proposed is a proposal as validators see it; false where there is nothing to ask: a conflict, a revision that is
// there.
func (d *dbTx) proposed(p *proposal) (Edit, bool, error) {
	r, err := d.record(p.id)
	if err != nil {
		return Edit{}, false, err
	}
	old, ok := r.validationBase(p)
	if !ok {
		return Edit{}, false, nil
	}
	edit := Edit{Old: json.RawMessage("null")}
	if len(old.IDs) > 0 {
		if edit.Old, err = appendDoc(nil, p.id, r, old, docMeta{revs: true}); err != nil {
			return Edit{}, false, err
		}
	}
	// As it comes: with the revision that it is based on, or that it was given elsewhere.
	path := p.doc.path()
	b := strictjson.AppendString([]byte(`{"_id":`), p.id)
	if len(path.IDs) > 0 {
		b = appendRev(append(b, `,"_rev":`...), path.Rev())
	}
	if len(p.doc.body) > len("{}") {
		b = append(append(b, ','), p.doc.body[1:len(p.doc.body)-1]...)
	}
	if p.doc.deleted {
		b = append(b, `,"_deleted":true`...)
	}
	if len(path.IDs) > 0 {
		b = appendRevisions(b, path)
	}
	edit.New = append(b, '}')
	return edit, true, nil
}

// validationBase is the revision that validators see as the old document, one without ids where there is none.
func (r *record) validationBase(p *proposal) (revtree.Leaf, bool) {
	if p.newEdit {
		base, ok := r.base(p.doc)
		if ok && base.Deleted && p.doc.parent().IsZero() {
			base = revtree.Leaf{} // a document that comes back has no old one
		}
		return base, ok
	}
	path := p.doc.path()
	if len(path.IDs) == 0 || r == nil {
		return revtree.Leaf{}, true
	}
	if r.tree.Has(path.Rev()) {
		return revtree.Leaf{}, false
	}
	for _, leaf := range r.tree {
		if path.Has(leaf.Rev()) {
			return leaf, true
		}
	}
	return revtree.Leaf{}, true
}

// validators loads what keyValidators names.
func (d *dbTx) validators() ([]validator, error) {
	var list []validator
	for line := range bytes.Lines(d.named) {
		id, _, _ := bytes.Cut(line, []byte{0})
		r, err := d.record(string(id))
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, &CorruptError{Database: d.name, Cause: fmt.Errorf("validator %q is missing", id)}
		}
		body, err := body(r.tree.Winner())
		if err != nil {
			return nil, &CorruptError{Database: d.name, Document: string(id), Cause: err}
		}
		v := validator{language: "javascript", source: strictjson.Unquote(strictjson.Get(body, "validate_doc_update"))}
		if l := strictjson.Get(body, "language"); l != nil && strictjson.KindOf(l) == strictjson.String {
			v.language = strictjson.Unquote(l)
		}
		list = append(list, v)
	}
	return list, nil
}

// noteValidators writes down which design documents have a validator: a line of id, NUL and revision for each, no key
// where none has. It is called when a design document has changed.
func (d *dbTx) noteValidators() error {
	var lines []byte
	c := d.docs.Cursor()
	for k, v := c.Seek([]byte(designPrefix)); k != nil && bytes.HasPrefix(k, []byte(designPrefix)); k, v = c.Next() {
		r, err := d.decode(k, v)
		if err != nil {
			return err
		}
		leaf := r.tree.Winner()
		body, err := body(leaf)
		if err != nil {
			return &CorruptError{Database: d.name, Document: string(k), Cause: err}
		}
		if fun := strictjson.Get(body, "validate_doc_update"); leaf.Deleted || fun == nil ||
			strictjson.KindOf(fun) != strictjson.String {
			continue
		}
		lines = append(append(lines, k...), 0)
		lines = append(append(lines, leaf.Rev().String()...), '\n')
	}
	if d.named = lines; lines == nil {
		return d.info.Delete(keyValidators)
	}
	return putSealed(d.info, keyValidators, lines)
}
