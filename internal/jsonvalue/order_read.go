package jsonvalue

import (
	"bytes"
	"encoding/json"
)

// OrderOf reads the Order of a JSON value's members. data must be JSON that a decoder has accepted; for anything else
// the result is a best effort. A name that stands twice in an object keeps its first place.
func OrderOf(data []byte) *Order {
	r := orderReader{data: data}
	return r.value()
}

// orderReader scans JSON text for names and brackets only. The decoder that accepted the text bounds its recursion.
type orderReader struct {
	data []byte
	pos  int
}

// value skips one value and returns its Order.
func (r *orderReader) value() *Order {
	switch r.next() {
	case '{':
		r.pos++
		return r.object()
	case '[':
		r.pos++
		return r.array()
	case '"':
		r.text()
	default:
		r.scalar()
	}
	return nil
}

// next skips white space and returns the following byte, 0 at the end.
func (r *orderReader) next() byte {
	c, pos := afterSpace(r.data, r.pos)
	r.pos = pos
	return c
}

func (r *orderReader) object() *Order {
	var o Order
	for {
		switch r.next() {
		case '"':
		case ',':
			r.pos++
			continue
		default: // '}', or the end
			r.pos++
			if o.names == nil {
				return nil
			}
			return o.unique()
		}
		if o.names == nil {
			o.names = make([]string, 0, 4)
		}
		o.names = append(o.names, name(r.text()))
		if r.next() == ':' {
			r.pos++
		}
		o.add(len(o.names), r.value())
	}
}

func (r *orderReader) array() *Order {
	var o Order
	for i := 0; ; {
		switch r.next() {
		case ',':
			r.pos++
			continue
		case ']', '}', ':', 0:
			r.pos++
			if o.below == nil {
				return nil
			}
			return &o
		}
		i++
		o.add(i, r.value())
	}
}

// add sets the Order of the n-th value.
func (o *Order) add(n int, below *Order) {
	if below == nil && o.below == nil {
		return
	}
	if o.below == nil {
		o.below = make([]*Order, 0, max(4, n))
	}
	for len(o.below) < n-1 {
		o.below = append(o.below, nil)
	}
	o.below = append(o.below, below)
}

// filled returns o with room for each name's Order if any name has one, or nil if there is nothing to order.
func (o *Order) filled() *Order {
	if len(o.names) == 0 && o.below == nil {
		return nil
	}
	for o.below != nil && len(o.below) < len(o.names) {
		o.below = append(o.below, nil)
	}
	return o
}

// unique returns o without repeated names. The last value of a name counts, as in decoders.
func (o *Order) unique() *Order {
	o.filled()
	if len(o.names) <= 16 && !twice(o.names) {
		return o
	}
	place := make(map[string]int, len(o.names))
	kept := 0
	for i, name := range o.names {
		at, seen := place[name]
		if !seen {
			at, kept = kept, kept+1
			place[name] = at
		}
		o.names[at] = name
		if o.below != nil {
			o.below[at] = o.below[i]
		}
	}
	o.names = o.names[:kept]
	if o.below != nil {
		o.below = o.below[:kept]
	}
	return o
}

// twice reports whether one of a few names is repeated.
func twice(names []string) bool {
	for i, name := range names {
		for _, other := range names[:i] {
			if name == other {
				return true
			}
		}
	}
	return false
}

// text skips a string and returns it with its quotes.
func (r *orderReader) text() []byte {
	start := r.pos
	for r.pos++; r.pos < len(r.data); r.pos++ {
		switch r.data[r.pos] {
		case '\\':
			r.pos++
		case '"':
			r.pos++
			return r.data[start:r.pos]
		}
	}
	r.pos = len(r.data)
	return r.data[start:]
}

// name decodes a string as a decoder does.
func name(literal []byte) string {
	if len(literal) < 2 {
		return ""
	}
	body := literal[1 : len(literal)-1]
	switch string(body) { // the frequent names of every node need no allocation
	case "module":
		return "module"
	case "data":
		return "data"
	case "children":
		return "children"
	case "_":
		return "_"
	}
	if bytes.IndexByte(body, '\\') < 0 {
		return string(body)
	}
	var text string
	_ = json.Unmarshal(literal, &text) // the decoder has accepted it already
	return text
}

// scalar skips a number, a boolean or null.
func (r *orderReader) scalar() {
	for r.pos++; r.pos < len(r.data); r.pos++ {
		switch r.data[r.pos] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return
		}
	}
}
