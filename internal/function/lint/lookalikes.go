package lint

import (
	"strings"
	"unicode/utf8"
)

// lookalike is a character that looks like one of JavaScript's.
type lookalike struct{ name, instead string }

const (
	typographicQuote = "a typographic quote"
	typographicDash  = "a typographic dash"
	fullwidth        = "a full-width character"
)

var lookalikes = map[rune]lookalike{
	'‘': {
		typographicQuote,
		"'",
	}, '’': {typographicQuote, "'"}, '‚': {typographicQuote, "'"}, '‛': {typographicQuote, "'"},
	'‹': {typographicQuote, "'"}, '›': {typographicQuote, "'"}, '′': {typographicQuote, "'"}, '´': {"an accent", "'"},
	'“': {
		typographicQuote,
		`"`,
	}, '”': {typographicQuote, `"`}, '„': {typographicQuote, `"`}, '‟': {typographicQuote, `"`},
	'«': {typographicQuote, `"`}, '»': {typographicQuote, `"`}, '″': {typographicQuote, `"`},
	'‐': {typographicDash, "-"}, '‑': {typographicDash, "-"}, '‒': {typographicDash, "-"}, '–': {typographicDash, "-"},
	'—': {typographicDash, "-"}, '−': {"a mathematical minus", "-"},
	'…': {"an ellipsis", "... (three dots)"}, '×': {"a multiplication sign", "*"}, '÷': {"a division sign", "/"},
	'≠': {
		"a mathematical sign",
		"!==",
	}, '≤': {"a mathematical sign", "<="}, '≥': {"a mathematical sign", ">="}, '⇒': {"an arrow", "=>"},
	'→': {"an arrow", "=>"}, '（': {fullwidth, "("}, '）': {fullwidth, ")"}, '｛': {fullwidth, "{"}, '｝': {fullwidth, "}"},
	'［': {fullwidth, "["}, '］': {fullwidth, "]"}, '；': {fullwidth, ";"}, '，': {fullwidth, ","}, '：': {fullwidth, ":"},
	'＝': {fullwidth, "="}, '＂': {fullwidth, `"`}, '＇': {fullwidth, "'"}, '、': {fullwidth, ","}, '。': {fullwidth, "."},
	'\u200b': {
		"an invisible space (U+200B)",
		"nothing",
	}, '\u2060': {"an invisible joiner (U+2060)", "nothing"}, '\u00ad': {"an invisible hyphen (U+00AD)", "nothing"},
}

// runeAt returns the character at a position of a text, from 1, or utf8.RuneError.
func runeAt(text string, line, column int) rune {
	at := position{line: 1, column: 1}
	for len(text) > 0 && (int(at.line) < line || int(at.line) == line && int(at.column) < column) {
		if int(at.line) < line {
			if end := strings.IndexAny(text, "\n\r\u2028\u2029"); end > 0 {
				text = text[end:]
			} else if end < 0 {
				return utf8.RuneError
			}
		}
		_, n := utf8.DecodeRuneInString(text)
		if strings.HasPrefix(text, "\r\n") {
			n = 2
		}
		at.advance([]byte(text[:n]))
		text = text[n:]
	}
	r, _ := utf8.DecodeRuneInString(text)
	return r
}
