package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// engineWords translate an engine's messages for people, if nothing better is known about the place. The first match
// counts.
var engineWords = []struct{ says, message, hint string }{
	{
		"expecting catch or finally", "try { … } has nothing behind it that takes the error",
		"put catch (e) { … } behind it",
	},
	{
		"invalid assignment left-hand side", "`=` sets what stands before it, and only a name can be set",
		"write === to compare",
	},
	{"expected 'of' or 'in' in for", "a loop has three parts, with ; between", "write for (var i = 0; i < 3; i++) { … }"},
	{"invalid switch statement", "only case and default begin a part of switch", "write case '1': …"},
	{"expecting field name", "a name is missing behind the dot", "join texts with +"},
	{"expecting '('", "( is missing", "put what stands here between ( and )"},
	{"variable name expected", "a name is missing", "a name begins with a letter; numbers have no commas in them"},
	{"unexpected token in expression", "a value is missing before this", "put one there, or take the sign before it away"},
	{"duplicate default", "switch has `default:` twice", "keep one of them"},
	{"undefined label", "break and continue name a loop that is not there", "take the name behind it away"},
	{"break must be inside", "`break` stands in no loop and no switch", "take it away; return ends the function"},
	{"continue must be inside", "`continue` stands in no loop", "take it away; return ends the function"},
	{"missing initializer", "const needs a value at once", "write const NAME = …; or let NAME;"},
	{"invalid regular expression", "the regular expression is not complete", "a / within it is written \\/"},
	{
		"unterminated regexp",
		"a regular expression has no / at its end",
		"put / behind it; to divide, put a value before /",
	},
	{"unexpected line terminator in regexp", "a regular expression ends at its line", "put / behind it"},
	{"delete of a direct reference", "only members can be deleted", "write NAME = undefined;"},
	{"octal", "a number does not begin with 0", "put a phone number between quotes"},
}

// inEngineWords explains the engine's message in plain words, as the last resort.
func inEngineWords(s *scan, at int, f Fault) *Advice {
	for _, w := range engineWords {
		if strings.Contains(f.Message, w.says) {
			return &Advice{Message: w.message, Hint: w.hint}
		}
	}
	if strings.Contains(f.Message, "expecting") && at > 0 && at < len(s.tokens) {
		return s.missing(at, f)
	}
	return nil
}

// missing explains a missing character before a token.
func (s *scan) missing(at int, f Fault) *Advice {
	value := js.IsIdentifierName(s.kind(at)) || s.isLiteral(at) || s.kind(at) == js.TemplateToken
	switch {
	case strings.Contains(f.Message, "expecting ':'") && s.isCase(at-2):
		return s.advice(at, "a colon is missing behind the value of case", "write case "+clip.Name(s.text(at-1))+":")
	case strings.Contains(f.Message, "expecting ':'"):
		return s.advice(at, "a colon is missing between a name and its value", "write {module: 'tts', data: {…}}")
	case strings.Contains(f.Message, "expecting '{'"):
		return s.advice(at, "{ is missing", "put what the function does between { and }")
	case strings.Contains(f.Message, "expecting ';'") && s.kind(at) == js.SubToken && s.isDeclared(at-1):
		return s.advice(at, "a name has no dashes", "write it in one word, or with _")
	case strings.Contains(f.Message, "expecting ';'") && isEquality(s.kind(at)) && s.isDeclared(at-1):
		return s.advice(at, "`"+s.text(at)+"` compares", "write = to give a name its value")
	case value && !s.tokens[at].fresh && s.endsOperandBefore(at) && s.isLiteral(at) && s.isMember(at-1):
		return s.advice(at, "what a method is given stands between ( and )", "write "+clip.Name(s.text(at-1))+"(…)")
	case value && !s.tokens[at].fresh && s.endsOperandBefore(at):
		return s.advice(at, "two values stand in a row, with nothing between", "join texts with +, and end statements with ;")
	}
	return nil
}

func (s *scan) isCase(i int) bool { return s.kind(i) == js.CaseToken && !s.isMember(i) }

// isDeclared reports whether a name follows var, let or const.
func (s *scan) isDeclared(i int) bool {
	k := s.kind(i - 1)
	return k == js.VarToken || k == js.LetToken || k == js.ConstToken
}

// capitalWord explains IF, Return and Function, anywhere in the line.
func capitalWord(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= 0 && i > at-200; i-- {
		word := s.text(i)
		if s.tokens[i].line != s.tokens[min(at, len(s.tokens)-1)].line {
			break
		}
		if s.kind(i) == js.IdentifierToken && startsUpper(word) && !s.isMember(i) && keywords[strings.ToLower(word)] &&
			s.kind(i+1) != js.DotToken && s.kind(i+1) != js.ColonToken && !(word == "Function" && s.kind(i-1) == js.NewToken) {
			return s.advice(i, "`"+word+"` is no word of JavaScript", "write `"+strings.ToLower(word)+"`")
		}
	}
	return nil
}

var keywords = map[string]bool{
	"if": true, "else": true, "for": true, "while": true, "do": true, "switch": true, "case": true, "default": true,
	"break": true, "continue": true, "return": true, "function": true, "var": true, "let": true, "const": true,
	"new": true, "try": true, "catch": true, "finally": true, "throw": true, "typeof": true, "class": true,
}
