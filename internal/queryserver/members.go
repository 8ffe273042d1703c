package queryserver

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unquote reads a JSON string that Go and JavaScript read the same: escaped surrogates, which JavaScript keeps also
// where they stand alone, are left to it. encoding/json looks at every byte several times, which is more than the
// engine saves.
func unquote(raw []byte) (text []byte, ok bool) {
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
		if raw[i+1] == 'u' { // a string never ends in a backslash that begins something
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

// member is one of an object's: its name as it is written, without quotes, and where its value stands. That is at -1
// where what was to be an object turns out to be none.
type member struct {
	name       []byte
	value, end int
}

// members goes through the members of what is an object, however it is written. The values are not looked at.
func members(text []byte) iter.Seq[member] {
	return func(yield func(member) bool) {
		broken := member{value: -1}
		i := skipSpace(text, 0)
		if i >= len(text) || text[i] != '{' {
			yield(broken)
			return
		}
		if i = skipSpace(text, i+1); i < len(text) && text[i] == '}' {
			return
		}
		for {
			nameEnd := -1
			if i < len(text) && text[i] == '"' {
				nameEnd = stringEnd(text, i)
			}
			if nameEnd < 0 {
				yield(broken)
				return
			}
			m := member{name: text[i+1 : nameEnd-1], value: skipSpace(text, nameEnd)}
			if m.value >= len(text) || text[m.value] != ':' {
				yield(broken)
				return
			}
			m.value = skipSpace(text, m.value+1)
			if m.end = valueEnd(text, m.value); m.end < 0 {
				yield(broken)
				return
			}
			if !yield(m) {
				return
			}
			i = skipSpace(text, m.end)
			if i < len(text) && text[i] == '}' && skipSpace(text, i+1) == len(text) {
				return
			}
			if i >= len(text) || text[i] != ',' {
				yield(broken)
				return
			}
			i = skipSpace(text, i+1)
		}
	}
}

// valueEnd is behind the value that begins at i; -1 where it does not end.
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

// stringEnd is behind the string that begins at i; -1 where it does not end.
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
