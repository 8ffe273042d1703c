package couchnode

import (
	"net/http"

	"callfn/internal/couchnode/revtree"
	"callfn/internal/strictjson"
)

// revsDiff answers which of a replicator's revisions this node lacks, and which leaves here may be their ancestors.
func (rq *request) revsDiff() error {
	return rq.missing(func(dst []byte, id string, missing, ancestors []revtree.Rev) []byte {
		dst = append(strictjson.AppendString(dst, id), `:{"missing":`...)
		dst = appendRevs(dst, missing)
		if len(ancestors) > 0 {
			dst = appendRevs(append(dst, `,"possible_ancestors":`...), ancestors)
		}
		return append(dst, '}')
	}, `{`, `}`)
}

// missingRevs is the older form of revsDiff.
func (rq *request) missingRevs() error {
	return rq.missing(func(dst []byte, id string, missing, _ []revtree.Rev) []byte {
		return appendRevs(append(strictjson.AppendString(dst, id), ':'), missing)
	}, `{"missing_revs":{`, `}}`)
}

func (rq *request) missing(appendOne func(dst []byte, id string, missing, ancestors []revtree.Rev) []byte, before,
	after string,
) error {
	body, err := rq.postedObject()
	if err != nil {
		return err
	}
	out := []byte(before)
	first := true
	err = rq.view(rq.db, func(d *dbTx) error {
		for _, m := range strictjson.Members(body) {
			missing, ancestors, err := d.missing(m.Name, m.Value)
			if err != nil {
				return err
			}
			if len(missing) == 0 {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = appendOne(out, m.Name, missing, ancestors)
		}
		return nil
	})
	if err != nil {
		return err
	}
	rq.send(http.StatusOK, append(out, after...))
	return nil
}

// missing compares a list of revisions with a document: those it lacks, and its leaves of lower generation
// (couch_db:possible_ancestors).
func (d *dbTx) missing(id string, list []byte) (missing, ancestors []revtree.Rev, err error) {
	if strictjson.KindOf(list) != strictjson.Array {
		return nil, nil, badRequest("Invalid list of revisions")
	}
	r, err := d.record(id)
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		r = &record{}
	}
	top := int64(0)
	for _, el := range strictjson.Elements(list) {
		rev, err := parseRevJSON(el)
		if err != nil {
			return nil, nil, err
		}
		if !r.tree.Has(rev) {
			missing = append(missing, rev)
			top = max(top, rev.Gen)
		}
	}
	for _, leaf := range r.tree {
		if leaf.Gen < top {
			ancestors = append(ancestors, leaf.Rev())
		}
	}
	return missing, ancestors, nil
}
