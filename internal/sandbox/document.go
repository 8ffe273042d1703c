package sandbox

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// bodyMember is the member of a document that `wh` makes a function of: often most of it.
var bodyMember = []byte(`"function_js"`)

// cutBody takes the function body out of a document: rest is the document with "" in its place, so that the engine, which reads JSON
// a character at a time, needs not read the body too. found is false where the document has no such member, has it twice, or where Go
// and JavaScript do not read the same from it; then nothing is cut.
func cutBody(doc []byte) (rest, body string, found bool) {
	from, to, found := bodyPlace(doc)
	if !found {
		return string(doc), "", false
	}
	raw := doc[from:to]
	if body, found = unquote(raw); !found || !utf8.Valid(raw) {
		return string(doc), "", false
	}
	return string(doc[:from]) + `""` + string(doc[to:]), body, true
}

// unquote reads a JSON string that Go and JavaScript read the same: escaped surrogates, which JavaScript keeps also where they stand
// alone, are left to it. encoding/json looks at every byte several times, which is more than the engine saves.
func unquote(raw []byte) (text string, ok bool) {
	raw = raw[1 : len(raw)-1]
	var control byte // has its highest bit set where a character below ' ' was
	for _, c := range raw {
		control |= (c - ' ') &^ c
	}
	if control >= 0x80 {
		return "", false
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
				return "", false
			}
			n, err := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16)
			if err != nil || utf16.IsSurrogate(rune(n)) {
				return "", false
			}
			out = utf8.AppendRune(out, rune(n))
			i += 6
			continue
		}
		n = strings.IndexByte(`"\/bfnrt`, raw[i+1])
		if n < 0 {
			return "", false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[n])
		i += 2
	}
	return string(out), true
}

// bodyPlace finds where the string stands that is the value of the outermost object's one function_js.
func bodyPlace(doc []byte) (from, to int, found bool) {
	depth := 0
	for i := 0; i < len(doc); i++ {
		switch doc[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := stringEnd(doc, i)
			if end < 0 {
				return 0, 0, false
			}
			value := skipSpace(doc, end)
			switch name := doc[i:end]; {
			case depth != 1 || value >= len(doc) || doc[value] != ':':
			case bytes.IndexByte(name, '\\') >= 0: // it could be the same name in other letters
				return 0, 0, false
			case !bytes.Equal(name, bodyMember):
			case found:
				return 0, 0, false
			default:
				if from = skipSpace(doc, value+1); from >= len(doc) || doc[from] != '"' {
					return 0, 0, false
				}
				if to = stringEnd(doc, from); to < 0 {
					return 0, 0, false
				}
				found, end = true, to
			}
			i = end - 1
		}
	}
	return from, to, found
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
