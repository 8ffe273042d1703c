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
	for i := 1; obj[i] != '}'; {
		if obj[i] == ',' {
			i++
		}
		end := valueEnd(obj, i)
		m := Member{Name: Unquote(obj[i:end])}
		i = end + 1 // ':'
		end = valueEnd(obj, i)
		m.Value = obj[i:end]
		i = end
		out = append(out, m)
	}
	return out
}

// Get returns the named member of a compact object, or nil.
func Get(obj []byte, name string) []byte {
	for _, m := range Members(obj) {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
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

// valueEnd finds the end of the compact value that starts at i.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		for depth := 0; ; {
			switch b[i] {
			case '"':
				i = stringEnd(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
		i++
	}
	return i
}

func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// Unquote returns what a string literal that Compact returned means.
func Unquote(lit []byte) string {
	body := lit[1 : len(lit)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return string(body)
	}
	return unescape(body)
}

// unescape resolves the escapes of a checked string body.
func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			out = append(out, b[i])
			i++
			continue
		}
		switch c := b[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(b[i:])
			if utf16.IsSurrogate(r) {
				low, _ := hex4(b[i+6:])
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			out = utf8.AppendRune(out, r)
			i += 4
		default:
			out = append(out, c)
		}
		i += 2
	}
	return string(out)
}

// AppendString appends s as a string literal. Bytes that are not UTF-8 become U+FFFD; nothing else is escaped beyond
// what JSON demands, so that text stays readable in stored documents.
func AppendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20 || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}
