package jsonvalue

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// DecodeOrdered does Decode and OrderOf in one pass, which saves time for function results.
func DecodeOrdered(data []byte, limits Limits) (any, *Order, error) {
	limits = limits.withDefaults()
	if len(data) <= limits.Bytes && utf8.Valid(data) {
		r := plainReader{data: data, limits: limits}
		if v, order, ok := r.value(); ok && r.next() == 0 && r.pos == len(data) {
			return v, order, nil
		}
	}
	v, err := Decode(data, limits)
	if err != nil {
		return nil, nil, err
	}
	return v, OrderOf(data), nil
}

// plainReader reads plain JSON, which covers nearly all input. It gives up where Decode refuses the input or replaces
// half a character; Decode then gives the reason.
type plainReader struct {
	data   []byte
	pos    int
	limits Limits
	values int
	depth  int
}

// next skips white space and returns the following byte, 0 at the end.
func (r *plainReader) next() byte {
	c, pos := afterSpace(r.data, r.pos)
	r.pos = pos
	return c
}

// afterSpace returns the first byte from pos on that is no white space, and its position; 0 at the end.
func afterSpace(data []byte, pos int) (byte, int) {
	for ; pos < len(data); pos++ {
		switch c := data[pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c, pos
		}
	}
	return 0, pos
}

func (r *plainReader) value() (v any, order *Order, ok bool) {
	if r.values++; r.values > r.limits.Values {
		return nil, nil, false
	}
	switch c := r.next(); c {
	case '{', '[':
		if r.depth >= r.limits.Depth {
			return nil, nil, false
		}
		r.depth++
		r.pos++
		if c == '{' {
			v, order, ok = r.object()
		} else {
			v, order, ok = r.array()
		}
		r.depth--
		return v, order, ok
	case '"':
		literal, ok := r.text()
		if !ok {
			return nil, nil, false
		}
		s, ok := unquoted(literal)
		return s, nil, ok
	case 't':
		return true, nil, r.word("true")
	case 'f':
		return false, nil, r.word("false")
	case 'n':
		return nil, nil, r.word("null")
	}
	start := r.pos
	for r.pos < len(r.data) && bytes.IndexByte([]byte("0123456789+-.eE"), r.data[r.pos]) >= 0 {
		r.pos++
	}
	n := json.Number(r.data[start:r.pos])
	return n, nil, CheckNumber(n) == ""
}

func (r *plainReader) word(word string) bool {
	if !bytes.HasPrefix(r.data[r.pos:], []byte(word)) {
		return false
	}
	r.pos += len(word)
	return true
}

func (r *plainReader) object() (any, *Order, bool) {
	obj := map[string]any{}
	var o Order
	for first := true; ; first = false {
		c := r.next()
		if c == '}' && first {
			r.pos++
			return obj, nil, true
		}
		if c != '"' {
			return nil, nil, false
		}
		literal, ok := r.text()
		if !ok {
			return nil, nil, false
		}
		key, ok := plainName(literal)
		if _, twice := obj[key]; twice || !ok || r.next() != ':' {
			return nil, nil, false
		}
		r.pos++
		v, below, ok := r.value()
		if !ok {
			return nil, nil, false
		}
		obj[key] = v
		if o.names == nil {
			o.names = make([]string, 0, 4)
		}
		o.names = append(o.names, key)
		o.add(len(o.names), below)
		switch r.next() {
		case ',':
			r.pos++
		case '}':
			r.pos++
			return obj, o.filled(), true
		default:
			return nil, nil, false
		}
	}
}

func (r *plainReader) array() (any, *Order, bool) {
	arr := []any{}
	var o Order
	if r.next() == ']' {
		r.pos++
		return arr, nil, true
	}
	for {
		v, below, ok := r.value()
		if !ok {
			return nil, nil, false
		}
		arr = append(arr, v)
		o.add(len(arr), below)
		switch r.next() {
		case ',':
			r.pos++
		case ']':
			r.pos++
			if o.below == nil {
				return arr, nil, true
			}
			return arr, &o, true
		default:
			return nil, nil, false
		}
	}
}

// text skips a string and returns it with its quotes.
func (r *plainReader) text() ([]byte, bool) {
	start := r.pos
	for r.pos++; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; {
		case c == '\\':
			r.pos++
		case c == '"':
			r.pos++
			return r.data[start:r.pos], true
		case c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// plainName is name for a string that may be malformed.
func plainName(literal []byte) (string, bool) {
	if bytes.IndexByte(literal, '\\') < 0 {
		return name(literal), true
	}
	return unquoted(literal)
}

// unquoted decodes a string. It returns false for a malformed string or an escape of half a character.
func unquoted(literal []byte) (string, bool) {
	body := literal[1 : len(literal)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return string(body), true
	}
	if bytes.Contains(body, []byte(`\u`)) && HalfCharacter(literal) != nil {
		return "", false
	}
	var text string
	err := json.Unmarshal(literal, &text)
	return text, err == nil
}
