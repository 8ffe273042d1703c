package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// splitReturn explains a return with its object in the next line.
func splitReturn(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= 0 && i > at-12; i-- {
		if s.isReturn(i) && s.splitReturn(i) && s.kind(i+1) == js.OpenBraceToken && s.looksLikeObject(i+1) {
			return s.advice(i, "`return` ends at its line, and what stands in the next line is not returned",
				"put what is returned on the same line: return {module: …, data: {…}};")
		}
	}
	return nil
}

// quoteInText explains 'it's'.
func quoteInText(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-1 && i > 0; i-- {
		before := s.text(i - 1)
		if s.kind(i-1) != js.StringToken || !js.IsIdentifierName(s.kind(i)) || s.tokens[i-1].to != s.tokens[i].from {
			continue
		}
		quote := before[:1]
		other := map[string]string{"'": `"`, `"`: "'"}[quote]
		return s.advice(i, "a "+quote+" inside of a text ends it: the text ends before `"+clip.Name(s.text(i))+"`",
			"write \\"+quote+" inside of the text, or put the text between "+other+" and "+other)
	}
	return nil
}

// misspeltWord explains misspelt keywords: retrun, fucntion, cosnt.
func misspeltWord(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-2 && i >= 0; i-- {
		if s.kind(i) != js.IdentifierToken || s.isMember(i) {
			continue
		}
		if word := nearestWord(s.text(i), words); word != "" && word != s.text(i) {
			return s.advice(i, "`"+clip.Name(s.text(i))+"` is no word of JavaScript", "did you mean `"+word+"`?")
		}
	}
	return nil
}

// missingBraces explains return module: 'tts', data: {…}.
func missingBraces(s *scan, at int, _ Fault) *Advice {
	if s.kind(at) != js.ColonToken || !s.isReturn(at-2) || !js.IsIdentifierName(s.kind(at-1)) &&
		s.kind(at-1) != js.StringToken {
		return nil
	}
	return s.advice(at-1, "an object has no braces", "put { and } around what is returned: return {module: …, data: {…}};")
}

// membersBySign explains {module = 'tts'} and {module => 'tts'}.
func membersBySign(s *scan, at int, _ Fault) *Advice {
	sign := s.kind(at)
	if sign != js.EqToken && sign != js.ArrowToken || s.kind(at-2) != js.OpenBraceToken && s.kind(at-2) != js.CommaToken {
		return nil
	}
	if inside := s.tokens[at].inside; inside < 0 || s.braceAround(inside) != objectLiteral {
		return nil
	}
	return s.advice(at, "`"+s.text(at)+"` does not give a member of an object its value",
		"write a colon: {module: 'tts', data: {…}}")
}

// declaredTwice explains let call and similar declarations.
func declaredTwice(_ *scan, _ int, f Fault) *Advice {
	if strings.Contains(f.Message, "redefinition") || strings.Contains(f.Message, "already been declared") ||
		strings.Contains(f.Message, "redeclaration") {
		return &Advice{Hint: "a name is declared once: take another, or leave let or const away; `call`, the parameter, is " +
			"there already"}
	}
	return nil
}

// escapedTwice explains a body in which line ends and quotes are written as \n and \".
func escapedTwice(s *scan, at int, f Fault) *Advice {
	if f.Line == 0 {
		return nil
	}
	for column := f.Column; column >= f.Column-1 && column > 0; column-- {
		if runeAt(s.body, f.Line, column) != '\\' {
			continue
		}
		if next := runeAt(s.body, f.Line, column+1); strings.ContainsRune(`nrt"'`, next) {
			return &Advice{
				Message: `\` + string(next) + " stands outside of a text", Column: column, Line: f.Line,
				Hint: "the body was escaped once too often: store it with real line ends and quotes",
			}
		}
	}
	return nil
}

// missingComma explains {a: 1 b: 2}.
func missingComma(s *scan, at int, f Fault) *Advice {
	if !strings.Contains(f.Message, "expecting") || at >= len(s.tokens) || at == 0 {
		return nil
	}
	inside := s.tokens[at].inside
	if inside < 0 || s.kind(at+1) != js.ColonToken || s.braceAround(inside) != objectLiteral ||
		!js.IsIdentifierName(s.kind(at)) && s.kind(at) != js.StringToken {
		return nil
	}
	return s.advice(
		at,
		"a comma is missing before `"+clip.Name(s.text(at))+"`",
		"put a comma between the members of an object",
	)
}

// openText explains a text without its closing quote.
func openText(_ *scan, _ int, f Fault) *Advice {
	switch {
	case strings.Contains(f.Message, "unexpected end of string"):
		return &Advice{
			Message: "a text has no closing quote",
			Hint:    "close it with the quote it begins with, in the same line; texts of several lines stand between ` and `",
		}
	case strings.Contains(f.Message, "unexpected end of comment"):
		return &Advice{Message: "a comment that begins with /* has no */"}
	}
	return nil
}
