package lint

import "unicode/utf8"

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

// position is a place in a text, from 1.
type position struct{ line, column int32 }

func (p *position) advance(text []byte) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\r' && len(text) > 1 && text[1] == '\n': // the line feed ends the line
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			p.line++
			p.column = 1
		default:
			p.column++
		}
		text = text[n:]
	}
}

// beginsLine reports whether only space precedes a token in its line.
func (s *scan) beginsLine(i int) bool {
	return s.tokens[i].lineFrom+s.tokens[i].indent == s.tokens[i].from
}

// indentOf returns the indentation of a line, in bytes.
func indentOf(line string) int {
	n := 0
	for n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	return n
}
