package lint

import (
	"slices"

	"github.com/tdewolff/parse/v2/js"
)

const (
	typeScript = "types are TypeScript: functions are written in JavaScript"
	noTypes    = "take the types away, or compile the file to JavaScript first"
)

// declares are the words that begin a TypeScript declaration, before a name.
var declares = []string{
	"interface", "type", "enum", "declare", "namespace", "abstract", "readonly", "private", "public",
	"protected",
}

// tsTypes are the names of types.
var tsTypes = map[string]bool{
	"any": true, "string": true, "number": true, "boolean": true, "object": true, "unknown": true, "Record": true,
	"void": true, "never": true,
}

// types explains TypeScript types.
func types(s *scan, at int, _ Fault) *Advice {
	for i := max(at-4, 0); i <= at+1 && i < len(s.tokens); i++ {
		if s.isType(i) {
			return s.advice(i, typeScript, noTypes)
		}
	}
	return nil
}

// isType reports whether a token is where a type begins.
func (s *scan) isType(i int) bool {
	word, kind, next := s.text(i), s.kind(i), s.kind(i+1)
	name := js.IsIdentifierName(next)
	switch declared := s.kind(i - 1); declared {
	case js.VarToken, js.LetToken, js.ConstToken: // var x: string
		if next == js.ColonToken && (js.IsIdentifierName(s.kind(i+2)) || s.kind(i+2) == js.OpenBraceToken) {
			return true
		}
	}
	switch {
	case slices.Contains(declares, word) && name && !s.tokens[i+1].fresh && !s.isMember(i):
		return true
	case (word == "as" || word == "satisfies") && (name || next == js.OpenBraceToken) && !s.tokens[i].fresh &&
		s.endsOperandBefore(i):
		return true
	case kind == js.ColonToken && s.kind(i-1) == js.CloseParenToken && name && s.tokens[i-1].pair >= 0 &&
		(tsTypes[s.text(i+1)] || s.kind(i+2) == js.OpenBraceToken || s.kind(i+2) == js.ArrowToken): // f(x): string {
		return s.isParameters(int(s.tokens[i-1].pair))
	case kind == js.ColonToken && s.parameterBeforeColon(i) && (tsTypes[s.text(i+1)] || s.startsUpperName(i+1)):
		return true
	case kind == js.QuestionToken && next == js.ColonToken && js.IsIdentifier(s.kind(i-1)): // f(x?: string)
		return true
	case kind == js.NotToken && s.endsOperandBefore(i) && s.tokens[i-1].to == s.tokens[i].from && !s.tokens[i].fresh:
		return next == js.SemicolonToken || next == js.DotToken || next == js.CloseParenToken || next == js.CommaToken ||
			next == js.OpenBracketToken || next == js.ErrorToken
	case kind == js.LtToken && js.IsIdentifier(s.kind(i-1)) && (tsTypes[s.text(i+1)] || s.startsUpperName(i-1)) && name &&
		(s.kind(i+2) == js.GtToken || s.kind(i+2) == js.CommaToken): // new Map<string, number>()
		return true
	}
	return false
}

// parameterBeforeColon reports whether a colon follows a name in a list of parameters.
func (s *scan) parameterBeforeColon(i int) bool {
	open := int(s.tokens[i].inside)
	return open >= 0 && js.IsIdentifier(s.kind(i-1)) && s.kind(open) == js.OpenParenToken && s.isParameters(open)
}

// isParameters reports whether a parenthesis may open a function's parameters.
func (s *scan) isParameters(open int) bool {
	before := s.kind(open - 1)
	if before == js.IfToken || before == js.WhileToken || before == js.SwitchToken || before == js.ForToken {
		return false
	}
	return s.kind(open-2) == js.FunctionToken || before == js.FunctionToken || before == js.EqToken ||
		before == js.OpenParenToken || before == js.CommaToken || before == js.ErrorToken || before == js.SemicolonToken ||
		s.kind(open-1) == js.IdentifierToken
}

func (s *scan) startsUpperName(i int) bool {
	return js.IsIdentifier(s.kind(i)) && startsUpper(s.text(i))
}
