// Package strictjson reads JSON from untrusted peers into one compact text that everything behind it can rely on.
//
// It is stricter than encoding/json where laxity would be a hole in a document store: text must be valid UTF-8,
// surrogate escapes must come in pairs (CouchDB's jiffy refuses both), numbers must fit a double, nesting is bounded,
// and an object must not name a member twice. CouchDB lets the last of two equal names win; two readers that
// disagree about which one counts are a classic way around a check, so here such text is refused.
//
// Strings and numbers keep the bytes they were written with: what a client stored is what it reads back.
//
// Package jsontext (github.com/go-json-experiment/json) checks as much, but bounds neither nesting nor the range of
// numbers, and its Compact takes 1.2 times as long for a function's document of 1.4 KB. [RawMembers] reads text that
// nobody has checked.
package strictjson

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// DefaultMaxDepth bounds the nesting of arrays and objects. A callflow of 200 nodes in one chain nests about 600 deep.
const DefaultMaxDepth = 1000

// Error says what is wrong with a text, and where: Offset counts bytes from 0.
type Error struct {
	Offset int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// Compact checks that src holds exactly one JSON value, nested at most maxDepth deep, and appends it to dst without
// insignificant white space. The error is an *Error; dst is then to be thrown away.
func Compact(dst, src []byte, maxDepth int) ([]byte, error) {
	s := scanner{src: src, dst: dst, left: maxDepth}
	s.space()
	if err := s.value(); err != nil {
		return nil, err
	}
	s.space()
	if s.pos < len(src) {
		return nil, s.fail("text after the JSON value")
	}
	return s.dst, nil
}

type scanner struct {
	src, dst []byte
	pos      int
	left     int // levels of nesting that may still be opened
}

func (s *scanner) fail(reason string) error { return &Error{Offset: s.pos, Reason: reason} }

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) value() error {
	if s.pos >= len(s.src) {
		return s.fail("unexpected end of JSON")
	}
	switch c := s.src[s.pos]; {
	case c == '{':
		return s.nested(s.object)
	case c == '[':
		return s.nested(s.array)
	case c == '"':
		_, err := s.str()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	return s.fail("unexpected character")
}

func (s *scanner) literal(word string) error {
	if !bytes.HasPrefix(s.src[s.pos:], []byte(word)) {
		return s.fail("unexpected character")
	}
	s.pos += len(word)
	s.dst = append(s.dst, word...)
	return nil
}

func (s *scanner) nested(read func() error) error {
	if s.left == 0 {
		return s.fail("JSON is nested too deeply")
	}
	s.left--
	defer func() { s.left++ }()
	s.dst = append(s.dst, s.src[s.pos])
	s.pos++
	s.space()
	return read()
}

func (s *scanner) array() error {
	if s.peek(']') {
		return nil
	}
	for {
		if err := s.value(); err != nil {
			return err
		}
		if done, err := s.separator(']'); done || err != nil {
			return err
		}
	}
}

func (s *scanner) object() error {
	if s.peek('}') {
		return nil
	}
	var names nameSet
	for {
		if s.pos >= len(s.src) || s.src[s.pos] != '"' {
			return s.fail("expected a member name")
		}
		at := s.pos
		literal, err := s.str()
		if err != nil {
			return err
		}
		name := literal[1 : len(literal)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			name = unescape(name)
		}
		if !names.add(name) {
			return &Error{Offset: at, Reason: fmt.Sprintf("duplicate member %s in a JSON object", strconv.Quote(string(name)))}
		}
		s.space()
		if s.pos >= len(s.src) || s.src[s.pos] != ':' {
			return s.fail("expected ':'")
		}
		s.pos++
		s.dst = append(s.dst, ':')
		s.space()
		if err := s.value(); err != nil {
			return err
		}
		if done, err := s.separator('}'); done || err != nil {
			return err
		}
	}
}

// peek consumes closing if it comes next.
func (s *scanner) peek(closing byte) bool {
	if s.pos < len(s.src) && s.src[s.pos] == closing {
		s.pos++
		s.dst = append(s.dst, closing)
		return true
	}
	return false
}

func (s *scanner) separator(closing byte) (done bool, err error) {
	s.space()
	if s.peek(closing) {
		return true, nil
	}
	if s.pos >= len(s.src) || s.src[s.pos] != ',' {
		return false, s.fail("expected ',' or '" + string(closing) + "'")
	}
	s.pos++
	s.dst = append(s.dst, ',')
	s.space()
	return false, nil
}

// plain are the bytes that stand for themselves in a string, and alone: most of any text. DEL does too, but is not
// written so.
var plain = func() (p [256]bool) {
	for c := byte(0x20); c < 0x7f; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// str copies one string literal.
func (s *scanner) str() (literal []byte, err error) {
	start := s.pos
	for s.pos++; ; {
		for s.pos < len(s.src) && plain[s.src[s.pos]] {
			s.pos++
		}
		if s.pos >= len(s.src) {
			return nil, s.fail("unterminated string")
		}
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			s.dst = append(s.dst, s.src[start:s.pos]...)
			return s.src[start:s.pos], nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < 0x20:
			return nil, s.fail("control character in a string")
		default: // DEL, or the first byte of several
			r, size := utf8.DecodeRune(s.src[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return nil, s.fail("invalid UTF-8")
			}
			s.pos += size
		}
	}
}

func (s *scanner) escape() error {
	if s.pos+1 >= len(s.src) {
		return s.fail("unterminated string")
	}
	switch s.src[s.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return nil
	case 'u':
	default:
		return s.fail("unknown escape in a string")
	}
	r, ok := hex4(s.src[s.pos:])
	if !ok {
		return s.fail("bad \\u escape")
	}
	if utf16.IsSurrogate(r) {
		low, ok := hex4(s.src[s.pos+6:])
		if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
			return s.fail("surrogate escape without its pair")
		}
		s.pos += 6
	}
	s.pos += 6
	return nil
}

// hex4 reads a \uXXXX escape at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number follows RFC 8259's grammar.
func (s *scanner) number() error {
	start := s.pos
	next := func() byte {
		if s.pos < len(s.src) {
			return s.src[s.pos]
		}
		return 0
	}
	digits := func() bool {
		from := s.pos
		for c := next(); '0' <= c && c <= '9'; c = next() {
			s.pos++
		}
		return s.pos > from
	}
	if next() == '-' {
		s.pos++
	}
	if next() == '0' {
		s.pos++
	} else if !digits() {
		return s.fail("bad number")
	}
	if next() == '.' {
		s.pos++
		if !digits() {
			return s.fail("bad number")
		}
	}
	if c := next(); c == 'e' || c == 'E' {
		s.pos++
		if c := next(); c == '+' || c == '-' {
			s.pos++
		}
		if !digits() {
			return s.fail("bad number")
		}
	}
	raw := s.src[start:s.pos]
	if len(raw) > 15 { // fewer characters cannot overflow a double unless there is an exponent
		if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
			return &Error{Offset: start, Reason: "number out of range"}
		}
	} else if bytes.ContainsAny(raw, "eE") {
		if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
			return &Error{Offset: start, Reason: "number out of range"}
		}
	}
	s.dst = append(s.dst, raw...)
	return nil
}

// nameSet finds a repeated member name; small objects do without a map.
type nameSet struct {
	few  [16][]byte
	n    int // of few
	many map[string]struct{}
}

func (n *nameSet) add(name []byte) bool {
	if n.many == nil {
		for _, have := range n.few[:n.n] {
			if bytes.Equal(have, name) {
				return false
			}
		}
		if n.n < len(n.few) {
			n.few[n.n] = name
			n.n++
			return true
		}
		n.many = make(map[string]struct{}, 64)
		for _, have := range n.few {
			n.many[string(have)] = struct{}{}
		}
	} else if _, dup := n.many[string(name)]; dup {
		return false
	}
	n.many[string(name)] = struct{}{}
	return true
}
