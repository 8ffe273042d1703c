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

// validator is the validate_doc_update of a design document. It decides on every document written to its database,
// including replicated ones and an administrator's. It does not see design documents and _local documents
// (couch_db:validate_doc_update).
type validator struct{ language, source string }

// proposal is a document that a client wants to store.
type proposal struct {
	id      string
	doc     *document
	newEdit bool
	refused error // by a validator
}

// errRevalidate reports that the validators changed between their run and the write.
var errRevalidate = refuse(503, "service unavailable", "the design documents changed meanwhile")

// validated runs a write in the next group, after the database's validators have judged what it would store. It leaves
// their refusals in the proposals. The validators run outside the transaction, so that no other write waits for
// JavaScript. If a design document changes them meanwhile, they run again: once a design document is stored, its
// validator sees every write. For a database without validators, the cost is one lookup of a missing key.
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

// validate runs the validators on the proposals. It returns the value of keyValidators that it used.
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

// proposed returns a proposal as validators see it. It returns false if there is nothing to validate: a conflict, or a
// revision that exists already.
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
	// The document as received, with the revision that it is based on, or that it was given elsewhere.
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

// validationBase returns the revision that validators see as the old document, without ids if there is none.
func (r *record) validationBase(p *proposal) (revtree.Leaf, bool) {
	if p.newEdit {
		base, ok := r.base(p.doc)
		if ok && base.Deleted && p.doc.parent().IsZero() {
			base = revtree.Leaf{} // for a deleted document there is no old one
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

// validators loads the validators that keyValidators names.
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

// noteValidators stores which design documents have a validator: a line of id, NUL and revision for each, and no key if
// there are none. It runs when a design document has changed.
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
