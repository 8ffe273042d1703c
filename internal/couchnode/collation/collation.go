// Package collation turns JSON keys of views into bytes whose plain order is CouchDB's view order, so that a B+tree
// that compares bytes holds a view index (CouchDB 3.4, "Views Collation").
//
//	null < false < true < numbers < strings < arrays < objects
//
// Numbers compare as doubles (what a map function can emit). Strings compare by the Unicode collation algorithm with
// the root collation, as CouchDB does through ICU; strings that the algorithm holds equal ("a" and "a\u0001", or two
// normal forms of one text) are then ordered by their bytes, where CouchDB takes them for one key. So `key="x"` finds
// exactly "x": an account id cannot be imitated with an ignorable character. Arrays and objects compare member by
// member in the order they were written; a shorter one comes before its continuations.
//
// An encoding is self-delimiting: no encoding is a prefix of another, so a row's document id can follow it directly.
package collation

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"sync"

	"callfn/internal/strictjson"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// The first byte of a value. The end mark is below them all.
const (
	end       = 0x00
	tagNull   = 0x10
	tagFalse  = 0x20
	tagTrue   = 0x21
	tagNumber = 0x30
	tagString = 0x40
	tagArray  = 0x50
	tagObject = 0x60
)

// Encoder encodes keys. It is safe for concurrent use.
type Encoder struct {
	collators sync.Pool // of *collator: collate.Collator must not be shared
}

type collator struct {
	col *collate.Collator
	buf collate.Buffer
}

// New makes an Encoder.
func New() *Encoder {
	return &Encoder{collators: sync.Pool{New: func() any {
		return &collator{col: collate.New(language.Und)}
	}}}
}

// Append appends the encoding of key to dst. key is a compact JSON value from strictjson.
func (e *Encoder) Append(dst, key []byte) []byte {
	c := e.collators.Get().(*collator)
	defer e.collators.Put(c)
	return c.append(dst, key)
}

func (c *collator) append(dst, v []byte) []byte {
	switch strictjson.KindOf(v) {
	case strictjson.Null:
		return append(dst, tagNull)
	case strictjson.False:
		return append(dst, tagFalse)
	case strictjson.True:
		return append(dst, tagTrue)
	case strictjson.Number:
		f, _ := strconv.ParseFloat(string(v), 64) // strictjson has checked it
		return appendNumber(append(dst, tagNumber), f)
	case strictjson.String:
		return c.appendString(append(dst, tagString), strictjson.Unquote(v))
	case strictjson.Array:
		dst = append(dst, tagArray)
		for _, el := range strictjson.Elements(v) {
			dst = c.append(dst, el)
		}
		return append(dst, end)
	}
	dst = append(dst, tagObject)
	for _, m := range strictjson.Members(v) {
		dst = c.appendString(append(dst, tagString), m.Name)
		dst = c.append(dst, m.Value)
	}
	return append(dst, end)
}

// appendNumber appends a double so that bytes order as numbers do; -0 is 0.
func appendNumber(dst []byte, f float64) []byte {
	bits := math.Float64bits(f + 0)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}

func (c *collator) appendString(dst []byte, s string) []byte {
	c.buf.Reset()
	dst = appendDelimited(dst, c.col.KeyFromString(&c.buf, s))
	return appendDelimited(dst, []byte(s))
}

// appendDelimited appends b with an end that sorts before any continuation: 00 becomes 00 FF, the end is 00 00.
func appendDelimited(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			break
		}
		dst = append(append(dst, b[:i]...), 0, 0xff)
		b = b[i+1:]
	}
	return append(append(dst, b...), 0, 0)
}

// ArrayPrefix returns the part of an encoded key that stands for its first n array elements, for grouping by level. A
// key that is no array, or has no more than n elements, is returned whole.
func ArrayPrefix(key []byte, n int) []byte {
	if key[0] != tagArray {
		return key
	}
	i := 1
	for ; n > 0; n-- {
		if key[i] == end {
			return key
		}
		i = skip(key, i)
	}
	if key[i] == end {
		return key
	}
	return key[:i]
}

// skip returns where the value that starts at i ends.
func skip(key []byte, i int) int {
	switch key[i] {
	case tagNumber:
		return i + 9
	case tagString:
		return skipDelimited(key, skipDelimited(key, i+1))
	case tagArray, tagObject:
		for i++; key[i] != end; {
			i = skip(key, i)
		}
	}
	return i + 1
}

func skipDelimited(key []byte, i int) int {
	for {
		i += bytes.IndexByte(key[i:], 0)
		if key[i+1] == 0 {
			return i + 2
		}
		i += 2
	}
}
