package couchnode

import (
	"bytes"
	"math"
	"strconv"

	"callfn/internal/couchnode/collation"
	"callfn/internal/strictjson"
)

// group is a run of rows whose keys are equal at the query's group level.
type group struct {
	prefix []byte // of the encoded key
	key    []byte // JSON
	count  int64
	sum    float64
}

// reduce answers with one row per group: the number of rows (_count), or the sum of their values (_sum).
func (q *viewQuery) reduce(fun string) error {
	a, w := q.args, q.w
	w.buf = append(w.buf, `{"rows":[`...)
	for _, s := range q.spans {
		for a.limit > 0 {
			rest, err := q.reducePortion(fun, s)
			if err != nil {
				return err
			}
			if rest == nil {
				break
			}
			s = *rest
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return w.end("\r\n]}\n")
}

// reducePortion writes groups of a span until the buffer is full. rest is the remaining span. One transaction counts a
// whole group.
func (q *viewQuery) reducePortion(fun string, s span) (rest *span, err error) {
	err = q.view(q.db, func(d *dbTx) error {
		rest = nil
		idx, rows := q.bucket(d)
		if rows == nil && q.added == nil {
			return nil
		}
		if fun == "_count" && q.added == nil && q.args.level() == 0 && s.low == nil && s.high == nil {
			n, err := rowCount(idx, q.fun)
			if err == nil && n > 0 {
				q.emit(fun, &group{count: int64(n)})
			}
			return err
		}
		var g *group
		err := q.scan(rows, s, func(k, v []byte) (bool, error) {
			encoded, _, key, value, err := splitRow(k, v)
			if err != nil {
				return false, err
			}
			prefix := q.groupPrefix(encoded)
			if g != nil && !bytes.Equal(prefix, g.prefix) {
				q.emit(fun, g)
				g = nil
				if q.args.limit == 0 {
					return false, nil
				}
				if q.w.full() {
					left := s
					if s.descending {
						left.high = append(bytes.Clone(k), 0)
					} else {
						left.low = bytes.Clone(k)
					}
					rest = &left
					return false, nil
				}
			}
			if g == nil {
				g = &group{prefix: bytes.Clone(prefix), key: q.groupKey(key)}
			}
			return true, g.add(fun, value)
		})
		if err == nil && g != nil {
			q.emit(fun, g)
		}
		return err
	})
	return rest, err
}

func (g *group) add(fun string, value []byte) error {
	g.count++
	if fun != "_sum" {
		return nil
	}
	if strictjson.KindOf(value) != strictjson.Number {
		return refuse(500, "builtin_reduce_error",
			"The _sum function requires that map values be numbers, arrays of numbers, or objects; this node sums numbers only")
	}
	f, err := strconv.ParseFloat(string(value), 64)
	g.sum += f
	return err
}

// groupPrefix returns the part of an encoded key that determines its group.
func (q *viewQuery) groupPrefix(encoded []byte) []byte {
	switch level := q.args.level(); level {
	case 0:
		return nil
	case groupExact:
		return encoded
	default:
		return collation.ArrayPrefix(encoded, level)
	}
}

// groupKey returns the key of a group in the answer: null, the whole key, or its first elements.
func (q *viewQuery) groupKey(key []byte) []byte {
	level := q.args.level()
	switch {
	case level == 0:
		return nil
	case level == groupExact || strictjson.KindOf(key) != strictjson.Array:
		return bytes.Clone(key)
	}
	els := strictjson.Elements(key)
	if len(els) > level {
		els = els[:level]
	}
	return append(append([]byte{'['}, bytes.Join(els, []byte(","))...), ']')
}

func (q *viewQuery) emit(fun string, g *group) {
	if q.args.skip > 0 {
		q.args.skip--
		return
	}
	if q.args.limit == 0 {
		return
	}
	q.args.limit--
	w := q.w
	w.row()
	w.buf = append(w.buf, `{"key":`...)
	if g.key == nil {
		w.buf = append(w.buf, "null"...)
	}
	w.buf = append(append(w.buf, g.key...), `,"value":`...)
	switch {
	case fun == "_count":
		w.buf = appendInt(w.buf, g.count)
	case g.sum == math.Trunc(g.sum) && math.Abs(g.sum) < 1<<53:
		w.buf = appendInt(w.buf, int64(g.sum))
	default:
		w.buf = strconv.AppendFloat(w.buf, g.sum, 'g', -1, 64)
	}
	w.buf = append(w.buf, '}')
}
