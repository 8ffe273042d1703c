package couchnode

import (
	"bytes"
	"slices"

	"callfn/internal/boltfile"
	"callfn/internal/strictjson"

	bolt "go.etcd.io/bbolt"
)

// serveDesign serves /{db}/_design/{ddoc}/_… paths.
func (rq *request) serveDesign(id string, rest []string) error {
	switch rest[0] {
	case "_view":
		if len(rest) == 2 {
			return rq.queryView(id, rest[1])
		}
	case "_show":
		return rq.show(id, rest[1:])
	case "_info", "_list", "_update", "_rewrite", "_search", "_search_info", "_nouveau":
	default:
		return rq.attachment(id)
	}
	// CouchDB answers 404 first if the design document does not exist.
	if _, _, err := rq.design(rq.db, id); err != nil {
		return err
	}
	return notImplemented("%s of a design document is not supported by this node", rest[0])
}

func (rq *request) queryView(ddocID, name string) error {
	a, err := rq.listArgs()
	if err != nil {
		return err
	}
	d, _, err := rq.design(rq.db, ddocID)
	if err != nil {
		return err
	}
	view, ok := d.views[name]
	if !ok {
		return notFound("missing_named_view")
	}
	reduce := view.reduce
	if a.reduce != nil && !*a.reduce {
		reduce = ""
	}
	if err := a.checkReduce(reduce, view.reduce); err != nil {
		return err
	}
	var added *overlay
	if a.update {
		err := rq.updateIndex(rq.ctx, &d.index)
		if rq.mayRebuild(err) {
			err = rq.rebuildIndex(ddocID, &d.index)
		}
		if noRoom(err) {
			added, err = rq.overlayFor(rq.ctx, &d.index, err)
		}
		if err != nil {
			return err
		}
	}
	spans, err := rq.viewSpans(a)
	if err != nil {
		return err
	}
	ask := func() error {
		args := *a
		q := &viewQuery{
			request: rq, args: &args, sig: []byte(d.index.sig), fun: view.fun, added: added, spans: slices.Clone(spans),
			w: &rowWriter{rq: rq},
		}
		if reduce != "" {
			return q.reduce(reduce)
		}
		return q.rows()
	}
	if err := ask(); !rq.mayRebuild(err) {
		return err
	}
	if err := rq.rebuildIndex(ddocID, &d.index); err != nil {
		return err
	}
	return ask()
}

// checkReduce applies the rules that depend on whether the view is reduced.
func (a *viewArgs) checkReduce(reduce, defined string) error {
	switch {
	case reduce == "" && a.reduce != nil && *a.reduce:
		return queryParseError("Reduce is invalid for map-only views.")
	case reduce == "" && a.level() != 0:
		return queryParseError("Invalid use of grouping on a map view.")
	case reduce == "":
		return nil
	case a.keys != nil && a.level() != groupExact:
		return queryParseError("Multi-key fetches for reduce views must use `group=true`")
	case a.includeDocs:
		return queryParseError("`include_docs` is invalid for reduce")
	case a.conflicts != nil:
		return queryParseError("`conflicts` is invalid for reduce views.")
	case reduce != "_count" && reduce != "_sum":
		return notImplemented("of reduce functions this node has _count and _sum; ask with reduce=false, or use CouchDB "+
			"for %.40q", defined)
	}
	return nil
}

// viewSpans returns the ranges of an index for the keys: one, or one per key of a list.
func (n *Node) viewSpans(a *viewArgs) ([]span, error) {
	if a.keys != nil {
		spans := make([]span, len(a.keys))
		for i, key := range a.keys {
			low := n.collate.Append(nil, key)
			spans[i] = span{low: low, high: append(bytes.Clone(low), 0xff), descending: a.descending}
		}
		return spans, nil
	}
	s := span{descending: a.descending}
	// Rows are encoded key + document id + a zero byte …; UTF-8 has no byte FF.
	before := func(key []byte, docID *string) []byte { // up to where this key (from this document on) begins
		b := n.collate.Append(nil, key)
		if docID != nil {
			b = append(b, *docID...)
		}
		return b
	}
	past := func(key []byte, docID *string) []byte { // up to where this key (or this document) has ended
		if docID != nil {
			return append(before(key, docID), 1)
		}
		return append(before(key, nil), 0xff)
	}
	from, fromDoc, to, toDoc := a.start, a.startDocID, a.end, a.endDocID
	if !a.descending {
		if from != nil {
			s.low = before(from, fromDoc)
		}
		switch {
		case to != nil && a.inclusiveEnd:
			s.high = past(to, toDoc)
		case to != nil:
			s.high = before(to, nil)
		}
	} else {
		if from != nil {
			s.high = past(from, fromDoc)
		}
		switch {
		case to != nil && a.inclusiveEnd:
			s.low = before(to, toDoc)
		case to != nil:
			s.low = past(to, nil)
		}
	}
	if from != nil && to != nil {
		order := bytes.Compare(n.collate.Append(nil, from), n.collate.Append(nil, to))
		if order > 0 && !a.descending || order < 0 && a.descending {
			return nil, queryParseError("No rows can match your key range, reverse your start_key and end_key or set "+
				"descending=%v",
				!a.descending)
		}
	}
	return []span{s}, nil
}

// viewQuery is one query of one view.
type viewQuery struct {
	*request
	args  *viewArgs
	sig   []byte
	fun   int
	added *overlay // nil if the index is up to date
	spans []span
	w     *rowWriter
}

// scan is scan of the view's rows.
func (q *viewQuery) scan(rows *bolt.Bucket, s span, visit func(k, v []byte) (bool, error)) error {
	if q.added != nil {
		return q.added.scan(rows, q.fun, s, visit)
	}
	return scan(rows, s, visit)
}

// bucket returns the view's rows, or nil if nothing is indexed yet.
func (q *viewQuery) bucket(d *dbTx) (idx, rows *bolt.Bucket) {
	if idx = d.views().Bucket(q.sig); idx != nil {
		rows = idx.Bucket(rowsBucket(q.fun))
	}
	return idx, rows
}

// size returns the number of the view's rows and the sequence that they reach, or zeros if nothing is indexed yet.
func (q *viewQuery) size(idx *bolt.Bucket) (rows, seq uint64, err error) {
	if idx != nil {
		if seq, err = indexSeq(idx); err != nil {
			return 0, 0, err
		}
		if rows, err = rowCount(idx, q.fun); err != nil {
			return 0, 0, err
		}
	}
	if q.added != nil {
		return rows - q.added.replaced[q.fun] + uint64(len(q.added.rows[q.fun])), q.added.seq, nil
	}
	return rows, seq, nil
}

// rows answers with the unreduced rows.
func (q *viewQuery) rows() error {
	a, w := q.args, q.w
	for first := true; ; first = false {
		err := q.view(q.db, func(d *dbTx) error {
			idx, rows := q.bucket(d)
			if first {
				total, seq, err := q.size(idx)
				if err != nil {
					return err
				}
				w.head(a, int64(total), q.db.formatSeq(seq))
			}
			for len(q.spans) > 0 && a.limit > 0 && !w.full() {
				err := q.scan(rows, q.spans[0], func(k, v []byte) (bool, error) {
					if a.limit == 0 || w.full() {
						return false, nil
					}
					q.spans[0] = q.spans[0].after(k)
					if a.skip > 0 {
						a.skip--
						return true, nil
					}
					a.limit--
					return true, q.row(d, k, v)
				})
				if err != nil {
					return err
				}
				if !w.full() {
					q.spans = q.spans[1:]
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(q.spans) == 0 || a.limit == 0 {
			return w.end("\r\n]}\n")
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
}

// splitRow parses a stored row.
func splitRow(k, v []byte) (encoded []byte, docID string, key, value []byte, err error) {
	v, err = boltfile.Unseal(k, v)
	d := decoder{b: v}
	n, size := d.uint(), d.uint()
	key = d.bytes(size)
	if err != nil || d.failed || n+4 > uint64(len(k)) {
		return nil, "", nil, nil, errIndex
	}
	return k[:n], string(k[n : len(k)-4]), key, d.b, nil
}

func (q *viewQuery) row(d *dbTx, k, v []byte) error {
	_, id, key, value, err := splitRow(k, v)
	if err != nil {
		return err
	}
	w := q.w
	w.row()
	w.buf = strictjson.AppendString(append(w.buf, `{"id":`...), id)
	w.buf = append(append(w.buf, `,"key":`...), key...)
	w.buf = append(append(w.buf, `,"value":`...), value...)
	if q.args.includeDocs {
		w.buf = append(w.buf, `,"doc":`...)
		if err := q.appendRowDoc(d, id, value); err != nil {
			return err
		}
	}
	w.buf = append(w.buf, '}')
	return nil
}

// appendRowDoc appends a row's document: the one that emitted the row, or the one that its value names with _id.
func (q *viewQuery) appendRowDoc(d *dbTx, id string, value []byte) error {
	if strictjson.KindOf(value) == strictjson.Object {
		if linked := strictjson.Get(value, "_id"); linked != nil && strictjson.KindOf(linked) == strictjson.String {
			id = strictjson.Unquote(linked)
		}
	}
	r, err := d.record(id)
	if err != nil {
		return err
	}
	if r == nil || r.tree.Deleted() {
		q.w.buf = append(q.w.buf, "null"...)
		return nil
	}
	q.w.buf, err = appendDoc(q.w.buf, id, r, r.tree.Winner(), q.args.docMeta())
	return err
}
