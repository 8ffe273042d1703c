package lint

import (
	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// textMethods are the methods that return a text.
var textMethods = map[string]bool{
	"substring": true, "substr": true, "charAt": true, "trim": true, "trimStart": true, "trimEnd": true, "replace": true,
	"replaceAll": true, "toLowerCase": true, "toUpperCase": true, "padStart": true, "padEnd": true, "toString": true,
	"toFixed": true, "join": true, "toLocaleString": true, "toLocaleDateString": true, "toLocaleTimeString": true,
	"toISOString": true, "toDateString": true, "toTimeString": true,
}

// textComparisons finds comparisons by === of a text with a number: call.From.substring(0, 3) === 415.
func (s *scan) textComparisons() []Finding {
	var found []Finding
	var variables map[string]bool
	for i := range s.tokens {
		strict := s.kind(i) == js.EqEqEqToken || s.kind(i) == js.NotEqEqToken
		if !strict || !js.IsNumeric(s.kind(i+1)) || !s.endsOperand(i+2) || len(found) == mostNames {
			continue
		}
		if variables == nil {
			variables = s.textVariables()
		}
		last := i - 1
		text := s.givesText(i) || js.IsIdentifier(s.kind(last)) && !s.isMember(last) && variables[s.text(last)]
		if text {
			found = append(found, s.finding(i+1, "text_compared", "a text never equals the number "+clip.Name(s.text(i+1))+
				" by "+s.text(i)+": write '"+clip.Name(s.text(i+1))+"'"))
		}
	}
	return found
}

// givesText reports whether a call of a method that returns a text ends before a token.
func (s *scan) givesText(i int) bool {
	last := i - 1
	if s.kind(last) != js.CloseParenToken || s.tokens[last].pair < 1 {
		return false
	}
	method := int(s.tokens[last].pair) - 1
	return s.isMember(method) && textMethods[s.text(method)]
}

// textVariables returns the names that get exactly one value in the body, a text.
func (s *scan) textVariables() map[string]bool {
	return onceAssigned(s, func(end int) (is, ok bool) { return true, s.givesText(end) && s.ends(end) })
}

// onceAssigned returns the names that get exactly one value in the body, with the result of of for that value. of gets
// the end of the value; only results with ok count.
func onceAssigned[T any](s *scan, of func(end int) (is T, ok bool)) map[string]T {
	found, times := map[string]T{}, map[string]int{}
	for i := range s.tokens {
		if !js.IsIdentifier(s.kind(i)) || s.isMember(i) || s.isKey(i) {
			continue
		}
		if s.changes(i) || s.mayDeclare(i) {
			times[s.text(i)]++
		}
		if s.kind(i+1) != js.EqToken {
			continue
		}
		if is, ok := of(s.numberEnd(i + 2)); ok {
			found[s.text(i)] = is
		}
	}
	for name := range found {
		if times[name] > 1 {
			delete(found, name)
		}
	}
	return found
}

// positionConditions finds conditions that use an index as a truth value: if (list.indexOf(x)).
func (s *scan) positionConditions() []Finding {
	var found []Finding
	for i := range s.tokens {
		if s.text(i) != "indexOf" || !s.isMember(i) || s.kind(i+1) != js.OpenParenToken || !s.inCondition(i) ||
			len(found) == mostNames {
			continue
		}
		switch s.kind(s.behind(i + 1)) {
		case js.CloseParenToken, js.AndToken, js.OrToken:
		default:
			continue
		}
		switch s.kind(s.operandStart(i) - 1) {
		case js.OpenParenToken, js.AndToken, js.OrToken, js.NotToken:
			found = append(found, s.finding(i, "condition", "indexOf(…) gives -1 where nothing is found, which holds, and 0, "+
				"which does not, where it is found at the beginning: write indexOf(…) >= 0, or includes(…)"))
		}
	}
	return found
}

// operandStart returns the first token of the operand whose last member's name is at a token: list for list.indexOf.
func (s *scan) operandStart(i int) int {
	for s.isMember(i) {
		i -= 2
		for closes := s.kind(i); closes == js.CloseBracketToken || closes == js.CloseParenToken; closes = s.kind(i) {
			open := int(s.tokens[i].pair)
			if open < 0 {
				return i
			}
			if i = open; !s.endsOperandBefore(open) {
				return i
			}
			i--
		}
	}
	return i
}

// lostCases finds values that a case of switch sets and the next case sets again, because there is no break between
// them.
func (s *scan) lostCases() []Finding {
	var found []Finding
	for i := range s.tokens {
		next := s.kind(i) == js.CaseToken || s.kind(i) == js.DefaultToken
		if !next || s.isMember(i) || s.isKey(i) || s.kind(i-1) != js.SemicolonToken || len(found) == mostNames {
			continue
		}
		from := i - 2 // the beginning of the statement that ends before the case
		for from > 0 && s.tokens[from].inside == s.tokens[i].inside {
			if k := s.kind(from - 1); k == js.SemicolonToken || k == js.ColonToken || k == js.OpenBraceToken {
				break
			}
			from--
		}
		first := i + 1
		for first < len(s.tokens) && s.kind(first) != js.ColonToken {
			first = s.behind(first)
		}
		first++
		if js.IsIdentifier(s.kind(from)) && s.kind(from+1) == js.EqToken && s.text(first) == s.text(from) &&
			s.kind(first+1) == js.EqToken {
			found = append(found, s.finding(i, "lost_case", "no `break` stands before this: what the case above gives `"+
				clip.Name(s.text(from))+"` is replaced here"))
		}
	}
	return found
}
