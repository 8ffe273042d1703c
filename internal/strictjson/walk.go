package strictjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Member is one name and value of an object; Value aliases the text it was read from.
type Member struct {
	Name  string
	Value []byte
}

// Kind is the kind of a compact JSON value, told by its first byte.
type Kind byte

// The kinds of JSON value.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Array
	Object
)

// KindOf tells the kind of a value that Compact returned.
func KindOf(v []byte) Kind {
	switch v[0] {
	case 'n':
		return Null
	case 'f':
		return False
	case 't':
		return True
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	}
	return Number
}

// Members lists the members of a compact object in the order they were written. It must only see Compact's output.
func Members(obj []byte) []Member {
	var out []Member
	for m := range RawMembers(obj) {
		out = append(out, Member{Name: m.name(), Value: obj[m.Value:m.End]})
	}
	return out
}

// Get returns the named member of a compact object, or nil.
func Get(obj []byte, name string) []byte {
	for m := range RawMembers(obj) {
		if m.is(name) {
			return obj[m.Value:m.End]
		}
	}
	return nil
}

// Last is Get for an object that may name a member twice, as CouchDB's may: the last one counts there, as in
// JavaScript.
func Last(obj []byte, name string) (value []byte) {
	for m := range RawMembers(obj) {
		if m.is(name) {
			value = obj[m.Value:m.End]
		}
	}
	return value
}

// Elements lists the values of a compact array. It must only see Compact's output.
func Elements(arr []byte) [][]byte {
	var out [][]byte
	for i := 1; arr[i] != ']'; {
		if arr[i] == ',' {
			i++
		}
		end := valueEnd(arr, i)
		out = append(out, arr[i:end])
		i = end
	}
	return out
}

// Unquote returns what a string literal that Compact returned means.
func Unquote(lit []byte) string {
	body := lit[1 : len(lit)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return string(body)
	}
	return string(unescape(body))
}

// unescape resolves the escapes of a checked string body. A surrogate alone, which Compact lets nobody have, becomes
// U+FFFD.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for {
		n := bytes.IndexByte(b, '\\')
		if n < 0 {
			return append(out, b...)
		}
		out = append(out, b[:n]...)
		c := b[n+1]
		if c == 'u' {
			r, _ := hex4(b[n:])
			b = b[n+6:]
			if utf16.IsSurrogate(r) {
				low, _ := hex4(b)
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					b = b[6:]
				}
			}
			out = utf8.AppendRune(out, r)
			continue
		}
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		out = append(out, c)
		b = b[n+2:]
	}
}

// AppendString appends s as a string literal. Bytes that are not UTF-8 become U+FFFD; nothing else is escaped beyond
// what JSON demands, so that text stays readable in stored documents.
func AppendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && plain[s[i]] {
			i++
		}
		if dst = append(dst, s[start:i]...); i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i++
	}
	return append(dst, '"')
}
