package lint

import (
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// notCallable explains a call of something that is not a function. QuickJS does not say what it is, and gives the
// position of the parenthesis.
func notCallable(body string, f Fault, callee string) Advice {
	var a Advice
	if callee == "" && body != "" && f.Line > 0 {
		s := scanBody(body)
		at := s.calledAt(f)
		if s.kind(at) != js.OpenParenToken && s.kind(at) != js.TemplateToken && s.kind(at) != js.TemplateStartToken {
			return a
		}
		if callee = s.valueBefore(at); callee == "" {
			return a
		}
		a.Message = "TypeError: " + callee + " is not a function"
	}
	dot := strings.LastIndexByte(callee, '.')
	method := callee[dot+1:]
	switch {
	case callee == "call":
		a.Hint = "`call` holds the call's parameters: read one with call['Caller-ID-Number']"
	case dot < 0:
	case callee[:dot] == "call":
		a.Hint = "the call's parameters are read with call['Caller-ID-Number']; `call` has no methods"
	case callee[:dot] == "console":
		a.Hint = ourConsole
	case slices.Contains(methods, method):
		a.Hint = "`" + clip.Name(
			callee[:dot],
		) + "` is no value that has `" + method + "`: look what it is with console.log(" + clip.Name(
			callee[:dot],
		) + ")"
	default:
		if near := nearestWord(method, methods); near != "" {
			a.Hint = "did you mean `" + near + "`?"
		}
	}
	return a
}

// calledAt returns the parenthesis of the call that an engine means. QuickJS turns a returned call into a jump and then
// gives the position of the return. Others give the beginning of the callee, or only the line.
func (s *scan) calledAt(f Fault) int {
	at := s.find(f.Line, f.Column)
	switch kind := s.kind(at); {
	case kind == js.OpenParenToken, kind == js.TemplateToken, kind == js.TemplateStartToken:
		return at
	case s.isReturn(at) && f.Column > 0:
		last := s.expressionEnd(at+1) - 1
		if s.kind(last) == js.SemicolonToken {
			last--
		}
		if s.kind(last) == js.CloseParenToken && s.tokens[last].pair > int32(at) {
			return int(s.tokens[last].pair)
		}
		return at
	}
	calls := 0
	found := at
	for i := at; i < len(s.tokens) && int(s.tokens[i].line) == f.Line; i++ {
		if s.kind(i) != js.OpenParenToken || s.valueBefore(i) == "" || s.isControl(i-1) {
			continue
		}
		if calls++; calls == 1 {
			found = i
		}
		if f.Column > 0 {
			break
		}
	}
	if calls != 1 {
		return at
	}
	return found
}

// valueBefore returns the text of the name or member that ends before a token: `a.b['c']`; "" for anything else.
func (s *scan) valueBefore(at int) string {
	start := at
	for i := at - 1; i >= 0; {
		switch {
		case s.kind(i) == js.CloseBracketToken && s.tokens[i].pair >= 0,
			s.kind(i) == js.CloseParenToken && s.tokens[i].pair >= 0:
			i = int(s.tokens[i].pair)
			start = i
			if i--; i < 0 ||
				!js.IsIdentifierName(s.kind(i)) && s.kind(i) != js.CloseBracketToken &&
					s.kind(i) != js.CloseParenToken {
				i = -1
			}
			continue
		case js.IsIdentifierName(s.kind(i)):
			start = i
			if !s.isDot(i - 1) {
				i = -1
				continue
			}
			i -= 2
			continue
		}
		i = -1
	}
	if start >= at {
		return ""
	}
	return clip.Name(strings.Join(strings.Fields(s.body[s.tokens[start].from:s.tokens[at-1].to]), " "))
}
