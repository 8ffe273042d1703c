package couchnode

import (
	"strings"
	"unicode/utf8"
)

// params is a query string or form as CouchDB parses it (mochiweb_util:parse_qs): pairs end at & or ;, + is a space, a
// bare key has the value "", and a % without two hex digits is literal.
type params []param

type param struct{ key, value string }

func parseParams(s string) params {
	if s == "" {
		return nil
	}
	out := make(params, 0, 1+strings.Count(s, "&"))
	for s != "" {
		end := strings.IndexByte(s, '&')
		if end < 0 {
			end = len(s)
		}
		if i := strings.IndexByte(s[:end], ';'); i >= 0 {
			end = i
		}
		pair := s[:end]
		s = s[min(end+1, len(s)):]
		key, value, _ := strings.Cut(pair, "=")
		out = append(out, param{validUTF8(unquote(key)), validUTF8(unquote(value))})
	}
	return out
}

// get returns the first value of a key, as chttpd:qs_value does.
func (p params) get(key string) (string, bool) {
	for _, x := range p {
		if x.key == key {
			return x.value, true
		}
	}
	return "", false
}

func (p params) is(key, value string) bool {
	v, ok := p.get(key)
	return ok && v == value
}

// splitPath splits an escaped path at slashes, drops empty parts, and unescapes the rest; as in CouchDB a + in a path
// is a space.
func splitPath(path string) []string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			parts = append(parts, unquote(part))
		}
	}
	return parts
}

// validUTF8 replaces invalid UTF-8 by U+FFFD, as CouchDB does with parameters.
func validUTF8(s string) string {
	if utf8.ValidString(s) { // many times as fast as what follows
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// unquote decodes + and %XX.
func unquote(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := nextQuoted(s); i < len(s); i = nextQuoted(s) {
		b = append(b, s[:i]...)
		switch {
		case s[i] == '+':
			b, s = append(b, ' '), s[i+1:]
		case i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b, s = append(b, unhex(s[i+1])<<4|unhex(s[i+2])), s[i+3:]
		default:
			b, s = append(b, '%'), s[i+1:]
		}
	}
	return string(append(b, s...))
}

// nextQuoted is where the next + or % is, or the end.
func nextQuoted(s string) int {
	for i := range len(s) {
		if s[i] == '%' || s[i] == '+' {
			return i
		}
	}
	return len(s)
}

// wellEscaped reports whether every % is followed by two hex digits (chttpd:check_url_encoding).
func wellEscaped(s string) bool {
	for i := strings.IndexByte(s, '%'); i >= 0; {
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return false
		}
		j := strings.IndexByte(s[i+1:], '%')
		if j < 0 {
			break
		}
		i += 1 + j
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
