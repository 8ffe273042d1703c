package lint

import (
	"fmt"

	"github.com/tdewolff/parse/v2/js"
)

// unreachable finds statements after a return or throw that ends their block. Function declarations, which apply to the
// whole block, and break do not count.
func (s *scan) unreachable() []Finding {
	var found []Finding
	for i := range s.tokens {
		ends := s.isReturn(i) || s.kind(i) == js.ThrowToken && !s.isMember(i) && !s.isKey(i)
		if !ends || !s.beginsStatement(i) || s.isReturn(i) && s.splitReturn(i) || len(found) == mostNames {
			continue
		}
		if next := s.nextStatement(i); next < len(s.tokens) {
			found = append(found, s.finding(next, "unreachable", fmt.Sprintf(
				"this is never reached: the `%s` of line %d ends the function before it", s.text(i), s.tokens[i].line)))
		}
	}
	return found
}

// beginsStatement reports whether a keyword begins a statement that no condition or loop precedes.
func (s *scan) beginsStatement(i int) bool {
	before := i - 1
	switch s.kind(before) {
	case js.ErrorToken, js.SemicolonToken, js.CloseBraceToken, js.ColonToken:
		return true
	case js.OpenBraceToken:
		return s.tokens[before].brace != objectLiteral
	case js.ElseToken, js.DoToken:
		return false
	case js.CloseParenToken:
		return s.tokens[i].fresh && !s.isControl(int(s.tokens[before].pair)-1)
	}
	return s.tokens[i].fresh
}

// nextStatement returns the first token after a return or throw that would have to run in the same block, or the number
// of tokens if there is none.
func (s *scan) nextStatement(i int) int {
	next := i + 1
	if s.kind(i) == js.ThrowToken || s.returnsValue(i) {
		next = s.expressionEnd(i + 1)
	}
	for next < len(s.tokens) {
		if fn, end, ok := s.functionAt(next); ok && fn.name != "" && !s.isArrowAt(next) {
			next = end
			continue
		}
		switch s.kind(next) {
		case js.SemicolonToken:
			next++
		case js.BreakToken, js.ContinueToken:
			next = s.expressionEnd(next)
		case js.VarToken:
			end := s.expressionEnd(next + 1)
			if s.assignsIn(next, end) {
				return next
			}
			next = end
		case js.CloseBraceToken, js.CaseToken, js.DefaultToken, js.ElseToken, js.CloseParenToken, js.CloseBracketToken:
			return len(s.tokens)
		default:
			return next
		}
	}
	return next
}

func (s *scan) assignsIn(from, to int) bool {
	for i := from; i < to; i = s.behind(i) {
		if s.kind(i) == js.EqToken {
			return true
		}
	}
	return false
}
