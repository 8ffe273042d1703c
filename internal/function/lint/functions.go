package lint

import "github.com/tdewolff/parse/v2/js"

// functionAt reads a function expression, declaration or arrow function that begins at a token; end is the first token
// after it.
func (s *scan) functionAt(i int) (fn statement, end int, ok bool) {
	fn = statement{at: i}
	j := i
	if s.kind(j) == js.AsyncToken && s.kind(j+1) != js.ErrorToken && !s.tokens[j+1].fresh &&
		s.kind(j+1) != js.ArrowToken {
		fn.async = true
		j++
	}
	if s.kind(j) == js.FunctionToken {
		j++
		if s.kind(j) == js.MulToken {
			j++
		}
		if js.IsIdentifier(s.kind(j)) {
			fn.name = s.text(j)
			j++
		}
		if s.kind(j) != js.OpenParenToken {
			return fn, i, false
		}
		fn.start = j
		if j = s.behind(j); s.kind(j) != js.OpenBraceToken {
			return fn, i, false
		}
		return fn, s.behind(j), true
	}
	fn.start = j
	switch {
	case s.kind(j) == js.OpenParenToken:
		j = s.behind(j)
	case js.IsIdentifier(s.kind(j)):
		j++
	default:
		return fn, i, false
	}
	if s.kind(j) != js.ArrowToken {
		return fn, i, false
	}
	if s.kind(j+1) == js.OpenBraceToken {
		return fn, s.behind(j + 1), true
	}
	return fn, s.expressionEnd(j + 1), true
}

// isArrowAt reports whether the function that begins at a token is an arrow function.
func (s *scan) isArrowAt(i int) bool {
	return s.kind(i) != js.FunctionToken && !(s.kind(i) == js.AsyncToken && s.kind(i+1) == js.FunctionToken)
}

// wrapped reads a function in parentheses; end is the first token after them.
func (s *scan) wrapped(i int) (fn statement, end int, ok bool) {
	if s.kind(i) != js.OpenParenToken {
		return fn, i, false
	}
	fn, _, ok = s.functionAt(i + 1)
	return fn, s.behind(i), ok
}
