package lint

import "github.com/tdewolff/parse/v2/js"

func (s *scan) innermost() int32 {
	if len(s.open) == 0 {
		return -1
	}
	return s.open[len(s.open)-1]
}

// forgetClass drops a class keyword that begins no class: {class: 1}.
func (s *scan) forgetClass(kind js.TokenType) {
	if n := len(s.classes); n > 0 && s.kind(len(s.tokens)-1) == js.ClassToken && !beginsClass(kind) {
		s.classes = s.classes[:n-1]
	}
}

func beginsClass(kind js.TokenType) bool {
	return js.IsIdentifier(kind) || kind == js.ExtendsToken || kind == js.OpenBraceToken
}

func (s *scan) opens(i int) {
	if s.tokens[i].brace == functionBody {
		s.functions++
	}
	s.open = append(s.open, int32(i))
	s.ternaries = append(s.ternaries, 0)
}

var closers = map[js.TokenType]js.TokenType{
	js.CloseBraceToken: js.OpenBraceToken, js.CloseParenToken: js.OpenParenToken,
	js.CloseBracketToken: js.OpenBracketToken,
	js.TemplateEndToken:  js.TemplateStartToken,
}

func (s *scan) closes(i int) {
	n := len(s.open) - 1
	if n < 0 || s.tokens[s.open[n]].kind != closers[s.tokens[i].kind] {
		if s.unmatched < 0 {
			s.unmatched = i
		}
		if n < 0 {
			return
		}
	}
	o := s.open[n]
	s.open, s.ternaries = s.open[:n], s.ternaries[:n+1]
	s.tokens[o].pair, s.tokens[i].pair = int32(i), o
	s.tokens[i].inside, s.tokens[i].functions = s.tokens[o].inside, s.tokens[o].functions
	if s.tokens[o].brace == functionBody {
		s.functions--
	}
}

// braceKind returns what a brace begins if it is the next token.
func (s *scan) braceKind(t token) brace {
	if n := len(s.classes); n > 0 && s.classes[n-1] == len(s.open) {
		s.classes = s.classes[:n-1]
		return classBody
	}
	last := len(s.tokens) - 1
	switch kind := s.kind(last); {
	case last < 0:
		return block
	case kind == js.ArrowToken:
		return functionBody
	case kind == js.CloseParenToken:
		return s.afterParameters(last)
	case kind == js.StaticToken && s.braceAround(t.inside) == classBody:
		return functionBody
	case kind == js.ReturnToken && t.fresh:
		return block
	case kind == js.ColonToken:
		if s.tokens[last].brace == objectLiteral ||
			t.inside >= 0 && (s.kind(int(t.inside)) != js.OpenBraceToken || s.braceAround(t.inside) == objectLiteral) {
			return objectLiteral
		}
		return block
	case s.expectsValue(last):
		return objectLiteral
	}
	return block
}

// afterParameters returns what a brace after a closing parenthesis begins.
func (s *scan) afterParameters(closing int) brace {
	open := int(s.tokens[closing].pair)
	if open < 0 {
		return block
	}
	if around := s.braceAround(s.tokens[open].inside); around == classBody || around == objectLiteral {
		return functionBody
	}
	before := open - 1
	if s.kind(before) == js.FunctionToken {
		return functionBody
	}
	if s.kind(before) == js.MulToken && s.kind(before-1) == js.FunctionToken {
		return functionBody
	}
	if js.IsIdentifierName(s.kind(before)) {
		named := before - 1
		if s.kind(named) == js.MulToken {
			named--
		}
		if s.kind(named) == js.FunctionToken && !s.isMember(named) {
			return functionBody
		}
	}
	return block
}

// braceAround returns the kind of brace of an open bracket; block for every other bracket.
func (s *scan) braceAround(open int32) brace {
	if open < 0 || s.tokens[open].kind != js.OpenBraceToken {
		return block
	}
	return s.tokens[open].brace
}
