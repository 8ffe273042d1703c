package jsonvalue

import (
	"bytes"
	"encoding/json"
)

// OrderOf reads the Order of a JSON value's members. data must be JSON that a decoder has accepted; of anything else
// it reads what it can make out. Of a name that stands twice in one object the first place counts.
func OrderOf(data []byte) *Order {
	r := orderReader{data: data}
	return r.value()
}

// orderReader walks through JSON text and looks at nothing but names and brackets. Its recursion is bounded by the
// decoder that has accepted the text.
type orderReader struct {
	data []byte
	pos  int
}

// value passes over one value.
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

// next skips white space and gives the byte that follows, 0 at the end.
func (r *orderReader) next() byte {
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
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

// filled is o with room for each name's Order, where one has any; nil where there is nothing to be ordered.
func (o *Order) filled() *Order {
	if len(o.names) == 0 && o.below == nil {
		return nil
	}
	for o.below != nil && len(o.below) < len(o.names) {
		o.below = append(o.below, nil)
	}
	return o
}

// unique is o without names that stand there a second time. The last value counts, as it does for decoders.
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

// twice reports whether one of few names is there a second time.
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

// text passes over a string and gives it with its quotes.
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

// name reads a string as a decoder does.
func name(literal []byte) string {
	if len(literal) < 2 {
		return ""
	}
	body := literal[1 : len(literal)-1]
	switch string(body) { // the names of every node need no memory of their own
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
	_ = json.Unmarshal(literal, &text) // the decoder has read it
	return text
}

// scalar passes over a number, a boolean or null.
func (r *orderReader) scalar() {
	for r.pos++; r.pos < len(r.data); r.pos++ {
		switch r.data[r.pos] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return
		}
	}
}
