package lint

import "github.com/tdewolff/parse/v2/js"

// isMember reports whether a token follows a dot, after which every word is a name.
func (s *scan) isMember(i int) bool {
	return s.kind(i-1) == js.DotToken || s.kind(i-1) == js.OptChainToken
}

// isKey reports whether a word names a member of an object or class.
func (s *scan) isKey(i int) bool {
	around := s.braceAround(s.tokens[i].inside)
	next := s.kind(i + 1)
	switch {
	case around == objectLiteral:
		return next == js.ColonToken && s.tokens[i+1].brace != objectLiteral ||
			next == js.OpenParenToken && s.beginsMember(i)
	case around == classBody:
		return !s.expectsValue(i-1) || s.isMethod(i)
	}
	return false
}

// isMethod reports whether a word in a class body names a method, or a generator such as *list() {}.
func (s *scan) isMethod(i int) bool {
	body := s.behind(i + 1)
	return s.kind(i+1) == js.OpenParenToken && s.kind(body) == js.OpenBraceToken && s.tokens[body].brace == functionBody
}

// beginsMember reports whether an object's member begins with this word.
func (s *scan) beginsMember(i int) bool {
	switch s.kind(i - 1) {
	case js.CommaToken, js.OpenBraceToken, js.GetToken, js.SetToken, js.AsyncToken, js.MulToken:
		return true
	}
	return false
}

// expectsValue reports whether a value must follow the token.
func (s *scan) expectsValue(i int) bool {
	switch kind := s.kind(i); kind {
	case js.OpenParenToken,
		js.OpenBracketToken,
		js.CommaToken,
		js.QuestionToken,
		js.EllipsisToken,
		js.TemplateStartToken,
		js.TemplateMiddleToken,
		js.ReturnToken,
		js.ThrowToken,
		js.TypeofToken,
		js.VoidToken,
		js.DeleteToken,
		js.NewToken,
		js.InToken,
		js.InstanceofToken,
		js.CaseToken,
		js.YieldToken,
		js.AwaitToken,
		js.OfToken:
		return !s.isMember(i)
	case js.IncrToken, js.DecrToken:
		return false
	default:
		return js.IsOperator(kind)
	}
}

// endsValue reports whether a slash after the last token divides.
func (s *scan) endsValue() bool {
	last := len(s.tokens) - 1
	switch kind := s.kind(last); kind {
	case js.CloseParenToken:
		return !s.isControl(int(s.tokens[last].pair) - 1)
	case js.CloseBraceToken:
		open := s.tokens[last].pair
		return open >= 0 && s.tokens[open].brace == objectLiteral
	case js.CloseBracketToken,
		js.TemplateToken,
		js.TemplateEndToken,
		js.StringToken,
		js.RegExpToken,
		js.PrivateIdentifierToken,
		js.ThisToken,
		js.SuperToken,
		js.NullToken,
		js.TrueToken,
		js.FalseToken,
		js.IncrToken,
		js.DecrToken:
		return true
	default:
		return js.IsIdentifier(kind) || js.IsNumeric(kind) || js.IsReservedWord(kind) && s.isMember(last)
	}
}

// isControl reports whether a token begins a statement whose parentheses are not part of a value.
func (s *scan) isControl(i int) bool {
	switch s.kind(i) {
	case js.IfToken, js.ForToken, js.WhileToken, js.SwitchToken, js.WithToken, js.CatchToken:
		return !s.isMember(i)
	case js.AwaitToken:
		return s.kind(i-1) == js.ForToken
	}
	return false
}
