package lint

import "github.com/tdewolff/parse/v2/js"

// isReturn reports whether a token is the keyword of a return statement.
func (s *scan) isReturn(i int) bool {
	return s.kind(i) == js.ReturnToken && !s.isMember(i) && !s.isKey(i)
}

// returnsValue reports whether a value follows a return in the same line.
func (s *scan) returnsValue(i int) bool {
	next := s.kind(i + 1)
	return next != js.ErrorToken && !s.tokens[i+1].fresh && next != js.SemicolonToken && next != js.CloseBraceToken
}

// splitReturn reports whether a return ends at its line although its value is in the next one. An early `return`
// without a semicolon before another statement does not count.
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

// returns is what a body itself returns, without its inner functions.
type returns struct {
	value  int // the first return with a value, or -1
	cut    int // the first return that the end of its line ends, or -1
	nested int // the first return with a value in an inner function, or an arrow function with a value, or -1
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
