package strictjson

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// RawMember is a member of an object in unchecked text: its name as it is written, without quotes, and where its value
// begins and ends. Value is -1 where what began as an object turned out to be none.
type RawMember struct {
	Name       []byte
	Value, End int
}

// is reports whether a member of checked text has a name.
func (m RawMember) is(name string) bool {
	if bytes.IndexByte(m.Name, '\\') < 0 {
		return string(m.Name) == name
	}
	return string(unescape(m.Name)) == name
}

// name is what the name of a member of checked text means.
func (m RawMember) name() string {
	if bytes.IndexByte(m.Name, '\\') < 0 {
		return string(m.Name)
	}
	return string(unescape(m.Name))
}

// RawMembers goes through the members of an object in unchecked text, however it is written. It does not look into
// their values. What is malformed ends it with a RawMember whose Value is -1.
func RawMembers(text []byte) iter.Seq[RawMember] {
	return func(yield func(RawMember) bool) {
		malformed := RawMember{Value: -1}
		i := skipSpace(text, 0)
		if i >= len(text) || text[i] != '{' {
			yield(malformed)
			return
		}
		if i = skipSpace(text, i+1); i < len(text) && text[i] == '}' {
			return
		}
		for {
			m, ok := rawMember(text, i)
			if !ok {
				yield(malformed)
				return
			}
			if !yield(m) {
				return
			}
			i = skipSpace(text, m.End)
			if i < len(text) && text[i] == '}' && skipSpace(text, i+1) == len(text) {
				return
			}
			if i >= len(text) || text[i] != ',' {
				yield(malformed)
				return
			}
			i = skipSpace(text, i+1)
		}
	}
}

// rawMember reads the member that begins at i.
func rawMember(text []byte, i int) (m RawMember, ok bool) {
	if i >= len(text) || text[i] != '"' {
		return m, false
	}
	nameEnd := stringEnd(text, i)
	if nameEnd < 0 {
		return m, false
	}
	m = RawMember{Name: text[i+1 : nameEnd-1], Value: skipSpace(text, nameEnd)}
	if m.Value >= len(text) || text[m.Value] != ':' {
		return m, false
	}
	m.Value = skipSpace(text, m.Value+1)
	m.End = valueEnd(text, m.Value)
	return m, m.End >= 0
}

// UnquoteRaw returns what a string literal in unchecked text means. ok is false for a malformed one, and for one with
// escaped surrogates: JavaScript keeps those that stand alone, and Go does not.
func UnquoteRaw(raw []byte) (text []byte, ok bool) {
	raw = raw[1 : len(raw)-1]
	var control byte // has its highest bit set where a character below ' ' was
	for _, c := range raw {
		control |= (c - ' ') &^ c
	}
	if control >= 0x80 {
		return nil, false
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '\\')
		if n < 0 {
			out = append(out, raw[i:]...)
			break
		}
		out = append(out, raw[i:i+n]...)
		i += n
		if raw[i+1] == 'u' { // a string never ends in a backslash that begins an escape
			if i+6 > len(raw) {
				return nil, false
			}
			n, err := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16)
			if err != nil || utf16.IsSurrogate(rune(n)) {
				return nil, false
			}
			out = utf8.AppendRune(out, rune(n))
			i += 6
			continue
		}
		n = strings.IndexByte(`"\/bfnrt`, raw[i+1])
		if n < 0 {
			return nil, false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[n])
		i += 2
	}
	return out, true
}

// valueEnd is the end of the value that begins at i; -1 where it has none.
func valueEnd(text []byte, i int) int {
	for depth := 0; i < len(text); {
		switch text[i] {
		case '"':
			if i = stringEnd(text, i); i < 0 || depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// stringEnd is the end of the string that begins at i; -1 where it has none.
func stringEnd(doc []byte, i int) int {
	for i++; i < len(doc); {
		n := bytes.IndexByte(doc[i:], '"')
		if n < 0 {
			return -1
		}
		slashes := 0
		for k := i + n - 1; k >= i && doc[k] == '\\'; k-- {
			slashes++
		}
		if i += n + 1; slashes%2 == 0 {
			return i
		}
	}
	return -1
}

func skipSpace(doc []byte, i int) int {
	for i < len(doc) && (doc[i] == ' ' || doc[i] == '\t' || doc[i] == '\n' || doc[i] == '\r') {
		i++
	}
	return i
}
