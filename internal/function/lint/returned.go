package lint

import "github.com/tdewolff/parse/v2/js"

// returnedFunction finds a return whose value is a function literal.
func (s *scan) returnedFunction() (int, bool) {
	for i := range s.tokens {
		if s.isReturn(i) && s.tokens[i].functions == 0 && i+1 < len(s.tokens) && !s.tokens[i+1].fresh &&
			(s.isPlainFunction(i+1) || s.isPlainArrow(i+1)) {
			return i, true
		}
	}
	return 0, false
}

// isPlainFunction reports whether a value is function (…) {…} itself and not, for example, its call.
func (s *scan) isPlainFunction(i int) bool {
	if s.kind(i) != js.FunctionToken {
		return false
	}
	i++
	if s.kind(i) != js.OpenParenToken { // its name
		i++
	}
	if s.kind(i) != js.OpenParenToken {
		return false
	}
	body := s.behind(i)
	return s.kind(body) == js.OpenBraceToken && s.ends(s.behind(body))
}

// isPlainArrow reports whether a value is an arrow function itself.
func (s *scan) isPlainArrow(i int) bool {
	if s.kind(i) == js.OpenParenToken {
		i = s.behind(i)
	} else {
		i++
	}
	if s.kind(i) != js.ArrowToken {
		return false
	}
	for i++; i < len(s.tokens) && !s.ends(i); {
		switch s.kind(i) {
		case js.CommaToken: // the value is what follows it
			return false
		case js.OpenParenToken, js.OpenBraceToken, js.OpenBracketToken:
			i = s.behind(i)
		default:
			i++
		}
	}
	return true
}

// ends reports whether a statement ends before a token.
func (s *scan) ends(i int) bool {
	switch s.kind(i) {
	case js.SemicolonToken, js.CloseBraceToken, js.ErrorToken:
		return true
	case js.OpenParenToken, js.OpenBracketToken, js.OpenBraceToken, js.DotToken, js.OptChainToken, js.CommaToken,
		js.TemplateToken,
		js.TemplateStartToken:
		return false // it continues in the next line
	}
	return s.tokens[i].fresh
}
