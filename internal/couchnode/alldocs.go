package couchnode

import (
	"net/http"
	"strings"

	"callfn/internal/strictjson"
)

// listBody reads the body of a POST to _all_docs or a view; a GET has none.
func (rq *request) listBody() ([]byte, error) {
	if err := rq.allow("GET,HEAD,POST"); err != nil {
		return nil, err
	}
	if rq.method != http.MethodPost {
		return nil, nil
	}
	if err := rq.requireJSON(); err != nil {
		return nil, err
	}
	return rq.jsonObject(rq.opts.MaxRequestBytes)
}

func (rq *request) allDocs() error { return rq.listDocs("") }

// listArgs reads the arguments of a query of _all_docs or a view.
func (rq *request) listArgs() (*viewArgs, error) {
	body, err := rq.listBody()
	if err != nil {
		return nil, err
	}
	return rq.parseViewArgs(body)
}

// designDocs answers _all_docs for design documents only.
func (rq *request) designDocs() error { return rq.listDocs(designPrefix) }

func (rq *request) listDocs(prefix string) error {
	if len(rq.parts) > 2 {
		return notImplemented("/{db}/%s is not part of this node", strings.Join(rq.parts[1:], "/"))
	}
	a, err := rq.listArgs()
	if err != nil {
		return err
	}
	if a.level() != 0 || a.reduce != nil && *a.reduce {
		return queryParseError("Reduce is invalid for map-only views.")
	}
	w := &rowWriter{rq: rq}
	if a.keys != nil {
		return rq.listDocsByKeys(a, w)
	}
	s := a.idSpan()
	if prefix != "" {
		s.narrow([]byte(prefix), []byte(prefix[:len(prefix)-1]+"0")) // '0' follows '/'
	}
	for first := true; ; first = false {
		done := false
		err := rq.view(rq.db, func(d *dbTx) error {
			if first {
				w.head(a, int64(d.stats.docs), rq.db.formatSeq(d.stats.seq))
			}
			done = true
			return scan(d.docs, s, func(k, v []byte) (bool, error) {
				if a.limit == 0 {
					return false, nil
				}
				if w.full() {
					done = false
					return false, nil
				}
				s = s.after(k)
				r, err := d.decode(k, v)
				if err != nil || r.tree.Deleted() {
					return true, err
				}
				if a.skip > 0 {
					a.skip--
					return true, nil
				}
				a.limit--
				return true, w.docRow(string(k), nil, r, a)
			})
		})
		if err != nil {
			return err
		}
		if done {
			return w.end("\r\n]}\n")
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
}

// listDocsByKeys answers a list of ids: one row per id, in the list's order.
func (rq *request) listDocsByKeys(a *viewArgs, w *rowWriter) error {
	keys := a.keys
	if a.descending {
		keys = make([][]byte, 0, len(a.keys))
		for i := len(a.keys) - 1; i >= 0; i-- {
			keys = append(keys, a.keys[i])
		}
	}
	keys = keys[min(a.skip, int64(len(keys))):]
	keys = keys[:min(a.limit, int64(len(keys)))]
	for first := true; ; first = false {
		err := rq.view(rq.db, func(d *dbTx) error {
			if first {
				w.head(a, int64(d.stats.docs), rq.db.formatSeq(d.stats.seq))
			}
			for ; len(keys) > 0 && !w.full(); keys = keys[1:] {
				var r *record
				if strictjson.KindOf(keys[0]) == strictjson.String {
					var err error
					if r, err = d.record(strictjson.Unquote(keys[0])); err != nil {
						return err
					}
				}
				if r == nil {
					w.row()
					w.buf = append(append(append(w.buf, `{"key":`...), keys[0]...), `,"error":"not_found"}`...)
					continue
				}
				if err := w.docRow(strictjson.Unquote(keys[0]), keys[0], r, a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return w.end("\r\n]}\n")
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
}

// head begins a list. It includes the offset only where that costs nothing: when the list starts at the beginning.
func (w *rowWriter) head(a *viewArgs, total int64, seq string) {
	w.buf = appendInt(append(w.buf, `{"total_rows":`...), total)
	if a.keys == nil && a.start == nil && a.startDocID == nil {
		w.buf = appendInt(append(w.buf, `,"offset":`...), min(a.skip, total))
	} else {
		w.buf = append(w.buf, `,"offset":null`...)
	}
	if a.updateSeq {
		w.buf = strictjson.AppendString(append(w.buf, `,"update_seq":`...), seq)
	}
	w.buf = append(w.buf, `,"rows":[`...)
}

// docRow appends one row of _all_docs. Only a list of keys includes deleted documents.
func (w *rowWriter) docRow(id string, key []byte, r *record, a *viewArgs) (err error) {
	w.row()
	leaf := r.tree.Winner()
	w.buf = strictjson.AppendString(append(w.buf, `{"id":`...), id)
	w.buf = append(w.buf, `,"key":`...)
	if key != nil {
		w.buf = append(w.buf, key...)
	} else {
		w.buf = strictjson.AppendString(w.buf, id)
	}
	w.buf = appendRev(append(w.buf, `,"value":{"rev":`...), leaf.Rev())
	if leaf.Deleted {
		w.buf = append(w.buf, `,"deleted":true}`...)
	} else {
		w.buf = append(w.buf, '}')
	}
	switch {
	case a.includeDocs && leaf.Deleted:
		w.buf = append(w.buf, `,"doc":null`...)
	case a.includeDocs:
		w.buf, err = appendDoc(append(w.buf, `,"doc":`...), id, r, leaf, a.docMeta())
	}
	w.buf = append(w.buf, '}')
	return err
}

// docMeta selects what include_docs adds to the documents.
func (a *viewArgs) docMeta() docMeta {
	return docMeta{conflicts: a.conflicts != nil && *a.conflicts}
}

// idSpan returns the range of document ids that a query of _all_docs selects. Ids compare by their bytes. A key that is
// not a string sorts before all of them.
func (a *viewArgs) idSpan() span {
	from, to := a.start, a.end
	if a.descending {
		from, to = to, from
	}
	s := span{descending: a.descending}
	if from != nil && strictjson.KindOf(from) == strictjson.String {
		s.low = []byte(strictjson.Unquote(from))
		if a.descending && !a.inclusiveEnd {
			s.low = append(s.low, 0)
		}
	}
	if to != nil {
		s.high = []byte{}
		if strictjson.KindOf(to) == strictjson.String {
			s.high = []byte(strictjson.Unquote(to))
			if a.descending || a.inclusiveEnd {
				s.high = append(s.high, 0)
			}
		}
	}
	return s
}

// narrow reduces a span to [low, high).
func (s *span) narrow(low, high []byte) {
	if s.low == nil || string(s.low) < string(low) {
		s.low = low
	}
	if s.high == nil || string(s.high) > string(high) {
		s.high = high
	}
}
