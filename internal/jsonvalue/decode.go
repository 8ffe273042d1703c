package jsonvalue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Read is Decode for a reader. It reads at most limits.Bytes+1 bytes and leaves the rest unread. Errors of the reader
// itself are returned as they are.
func Read(r io.Reader, limits Limits) (any, error) {
	limits = limits.withDefaults()
	data, err := io.ReadAll(io.LimitReader(r, int64(limits.Bytes)+1))
	if err != nil {
		return nil, err
	}
	return Decode(data, limits)
}

// Decode reads exactly one JSON value (RFC 8259) from hostile data. Every error is an *[Error].
//
// Decode refuses
//
//   - anything beyond limits,
//   - a second value or other text after the first,
//   - an object with the same key twice, also in different spellings ("a" and "\u0061"),
//   - a byte order mark,
//   - invalid UTF-8, which it does not replace, since two different inputs would then be stored as the same text,
//   - numbers beyond [CheckNumber].
//
// Decode replaces one thing: an escaped lone surrogate ("\ud800"), which has no UTF-8 form, becomes U+FFFD. JavaScript
// strings cut in the middle of an emoji contain them without ill intent.
func Decode(data []byte, limits Limits) (any, error) {
	limits = limits.withDefaults()
	if len(data) > limits.Bytes {
		return nil, &Error{Offset: int64(limits.Bytes), TooLarge: true, Reason: fmt.Sprintf("more than %d bytes",
			limits.Bytes)}
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return nil, &Error{Reason: "starts with a byte order mark; send plain UTF-8"}
	}
	if !utf8.Valid(data) {
		return nil, &Error{Offset: firstInvalid(data), Reason: "not valid UTF-8"}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	d := decoder{data: data, dec: dec, limits: limits}
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	switch _, err := dec.Token(); {
	case errors.Is(err, io.EOF):
		return v, nil
	case err != nil:
		return nil, d.failed(err)
	default:
		return nil, d.refuse("a second value after the first")
	}
}

func firstInvalid(data []byte) int64 {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return int64(i)
		}
		i += size
	}
	return int64(len(data))
}

// decoder builds values from tokens. Its recursion is bounded by limits.Depth.
type decoder struct {
	data   []byte
	dec    *json.Decoder
	limits Limits
	values int
	path   []string
}

func (d *decoder) value() (any, error) {
	tok, err := d.dec.Token()
	if err != nil {
		return nil, d.failed(err)
	}
	return d.from(tok)
}

func (d *decoder) from(tok json.Token) (any, error) {
	if d.values++; d.values > d.limits.Values {
		return nil, d.tooLarge("more than " + strconv.Itoa(d.limits.Values) + " values")
	}
	switch t := tok.(type) {
	case json.Delim:
		if len(d.path) >= d.limits.Depth {
			return nil, d.tooLarge("nested deeper than " + strconv.Itoa(d.limits.Depth) + " levels")
		}
		if t == '{' {
			return d.object()
		}
		return d.array()
	case json.Number:
		if reason := CheckNumber(t); reason != "" {
			return nil, d.refuse(reason)
		}
		return t, nil
	default:
		return tok, nil
	}
}

func (d *decoder) object() (any, error) {
	obj := map[string]any{}
	for {
		tok, err := d.dec.Token()
		if err != nil {
			return nil, d.failed(err)
		}
		key, ok := tok.(string)
		if !ok {
			return obj, nil // the only other token the decoder gives here is '}'
		}
		if _, twice := obj[key]; twice {
			return nil, d.refuse("key " + strconv.Quote(key) + " stands twice")
		}
		d.path = append(d.path, key)
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		d.path = d.path[:len(d.path)-1]
		obj[key] = v
	}
}

func (d *decoder) array() (any, error) {
	arr := []any{}
	for d.dec.More() {
		d.path = append(d.path, index(len(arr)))
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		d.path = d.path[:len(d.path)-1]
		arr = append(arr, v)
	}
	if _, err := d.dec.Token(); err != nil { // the closing ']'
		return nil, d.failed(err)
	}
	return arr, nil
}

func (d *decoder) refuse(reason string) *Error {
	return &Error{Offset: d.dec.InputOffset(), Path: Path(d.path...), Reason: reason}
}

func (d *decoder) tooLarge(reason string) *Error {
	e := d.refuse(reason)
	e.TooLarge = true
	return e
}

// failed explains an error of the token reader. The token reader counts offsets in two ways, so failed parses the whole
// input again for message and offset.
func (d *decoder) failed(err error) *Error {
	var whole json.RawMessage
	var syntax *json.SyntaxError
	if again := json.Unmarshal(d.data, &whole); !errors.As(again, &syntax) {
		return d.refuse(err.Error())
	}
	e := d.refuse(syntax.Error())
	e.syntax = true
	if syntax.Offset >= int64(len(d.data)) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		e.Reason, e.Offset = "ends too early", int64(len(d.data))
		return e
	}
	e.Offset = max(0, syntax.Offset-1)
	return e
}
