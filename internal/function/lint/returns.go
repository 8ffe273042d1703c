package lint

import "github.com/tdewolff/parse/v2/js"

// isReturn reports whether a token is the statement's keyword.
func (s *scan) isReturn(i int) bool {
	return s.kind(i) == js.ReturnToken && !s.isMember(i) && !s.isKey(i)
}

// returnsValue reports whether a value stands behind a return, in the same line.
func (s *scan) returnsValue(i int) bool {
	next := s.kind(i + 1)
	return next != js.ErrorToken && !s.tokens[i+1].fresh && next != js.SemicolonToken && next != js.CloseBraceToken
}

// splitReturn reports whether a return ends at its line although its value stands in the next one. An early `return`
// without a semicolon before another statement is none.
func (s *scan) splitReturn(i int) bool {
	next := s.kind(i + 1)
	if next == js.ErrorToken || !s.tokens[i+1].fresh {
		return false
	}
	switch next {
	case js.OpenBraceToken,
		js.OpenParenToken,
		js.OpenBracketToken,
		js.StringToken,
		js.TemplateToken,
		js.TemplateStartToken:
		return true
	}
	return false
}

// returns is what a body returns by itself, functions within it left out.
type returns struct {
	value  int // the first return with a value, -1 for none
	cut    int // the first return that its line ends, -1 for none
	nested int // the first return with a value inside a function within, or arrow with a value, -1 for none
}

func (s *scan) returns() returns {
	r := returns{-1, -1, -1}
	first := func(place *int, i int) {
		if *place < 0 {
			*place = i
		}
	}
	for i := range s.tokens {
		switch {
		case s.kind(i) == js.ArrowToken && s.kind(i+1) != js.OpenBraceToken:
			first(&r.nested, i)
		case !s.isReturn(i):
		case s.splitReturn(i):
			first(&r.cut, i)
		case !s.returnsValue(i):
		case s.tokens[i].functions > 0:
			first(&r.nested, i)
		default:
			first(&r.value, i)
		}
	}
	return r
}
