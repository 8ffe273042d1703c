package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// comparisons finds conditions that never come out as they were meant: a parameter, which is text, compared with what
// is no text by === or case, and an assignment in place of a comparison.
func (s *scan) comparisons() []Finding {
	var found []Finding
	set := s.setParameters()
	for i := range s.tokens {
		switch s.kind(i) {
		case js.EqEqEqToken, js.NotEqEqToken:
			if f, ok := s.strictComparison(i, set); ok {
				found = append(found, f)
			}
		case js.SwitchToken:
			if f, ok := s.switchOnParameter(i, set); ok {
				found = append(found, f)
			}
		case js.EqToken:
			if f, ok := s.assignmentInCondition(i); ok {
				found = append(found, f)
			}
		}
	}
	return found
}

// strictComparison is about call['To'] === 1000, either way round.
func (s *scan) strictComparison(i int, set map[string]bool) (Finding, bool) {
	name, start := s.parameterBefore(i)
	literal := i + 1
	if name == "" {
		var end int
		name, end = s.parameterAt(i + 1)
		if start, literal = i+1, i-1; name == "" || !s.endsOperand(end) {
			return Finding{}, false
		}
	} else {
		if k := s.kind(literal); (k == js.AddToken || k == js.SubToken) && js.IsNumeric(s.kind(literal+1)) { // +15551234567
			literal++
		}
		if !s.endsOperand(literal + 1) {
			return Finding{}, false
		}
	}
	if !s.isOtherLiteral(literal) || set[s.parameterName(start)] {
		return Finding{}, false
	}
	return s.finding(start, "text_compared", s.neverEqual(name, literal)), true
}

func (s *scan) neverEqual(name string, literal int) string {
	value := s.text(literal)
	if k := s.kind(literal - 1); (k == js.AddToken || k == js.SubToken) &&
		s.tokens[literal-1].to == s.tokens[literal].from {
		value = s.text(literal-1) + value
	}
	if kind := s.kind(literal); kind == js.TrueToken || kind == js.FalseToken || js.IsNumeric(kind) {
		return "every parameter is text, and " + name + " never equals the " + map[bool]string{
			true:  "number",
			false: "word",
		}[js.IsNumeric(kind)] +
			" " + value + ": compare it with '" + value + "'"
	}
	return "every parameter is text or absent, and " + name + " is never null: ask whether it is undefined, or write !" +
		name
}

// isOtherLiteral reports whether a token is a value that is no text and not undefined.
func (s *scan) isOtherLiteral(i int) bool {
	switch s.kind(i) {
	case js.TrueToken, js.FalseToken, js.NullToken:
		return true
	}
	return js.IsNumeric(s.kind(i))
}

// endsOperand reports whether the operand of a comparison ends before a token.
func (s *scan) endsOperand(i int) bool {
	switch s.kind(i) {
	case js.CloseParenToken, js.CloseBraceToken, js.CloseBracketToken, js.SemicolonToken, js.AndToken, js.OrToken,
		js.QuestionToken,
		js.ColonToken, js.CommaToken, js.NullishToken, js.ErrorToken:
		return true
	}
	return s.tokens[i].fresh && !s.goesOn(i)
}

// parameterAt reads call['Name'] or call.Name, at a token; end is the first token behind it.
func (s *scan) parameterAt(i int) (text string, end int) {
	if s.text(i) != "call" || s.isMember(i) {
		return "", i
	}
	switch {
	case s.kind(i+1) == js.OpenBracketToken && s.kind(i+2) == js.StringToken && s.kind(i+3) == js.CloseBracketToken:
		end = i + 4
	case s.isDot(i+1) && js.IsIdentifierName(s.kind(i+2)):
		end = i + 3
	case s.kind(i+1) == js.OptChainToken && s.kind(i+2) == js.OpenBracketToken && s.kind(i+3) == js.StringToken &&
		s.kind(i+4) == js.CloseBracketToken:
		end = i + 5
	default:
		return "", i
	}
	return s.body[s.tokens[i].from:s.tokens[end-1].to], end
}

// parameterName is the bare name of the parameter at a token, once parameterAt has found one there.
func (s *scan) parameterName(i int) string {
	if s.kind(i+1) == js.OptChainToken && s.kind(i+2) == js.OpenBracketToken {
		i++
	}
	if s.kind(i+2) == js.StringToken {
		text := s.text(i + 2)
		return text[1 : len(text)-1]
	}
	return s.text(i + 2)
}

// setParameters is every name below `call` that the body gives a value itself, of whatever type.
func (s *scan) setParameters() map[string]bool {
	set := map[string]bool{}
	for i := range s.tokens {
		if text, end := s.parameterAt(i); text != "" && assigns(s.kind(end)) {
			set[s.parameterName(i)] = true
		}
	}
	return set
}

// assigns reports whether a token gives a value to what stands before it.
func assigns(kind js.TokenType) bool {
	switch kind {
	case js.EqToken, js.AddEqToken, js.SubEqToken, js.MulEqToken, js.DivEqToken, js.ModEqToken, js.IncrToken, js.DecrToken,
		js.OrEqToken, js.AndEqToken, js.NullishEqToken:
		return true
	}
	return false
}

// parameterBefore reads a parameter that ends before a token, and is an operand by itself.
func (s *scan) parameterBefore(i int) (text string, start int) {
	for _, start := range []int{i - 5, i - 4, i - 3} {
		if start < 0 {
			continue
		}
		if text, end := s.parameterAt(start); text != "" && end == i {
			switch before := s.kind(start - 1); before {
			case js.OpenParenToken, js.AndToken, js.OrToken, js.ReturnToken, js.EqToken, js.CommaToken, js.SemicolonToken,
				js.ArrowToken,
				js.OpenBraceToken, js.CloseBraceToken, js.QuestionToken, js.ColonToken, js.ErrorToken, js.NullishToken:
				return text, start
			}
		}
	}
	return "", i
}

// switchOnParameter is about switch (call.To) { case 1000: … }.
func (s *scan) switchOnParameter(i int, set map[string]bool) (Finding, bool) {
	name, end := s.parameterAt(i + 2)
	if name == "" || set[s.parameterName(i+2)] || s.kind(i+1) != js.OpenParenToken || s.kind(end) != js.CloseParenToken ||
		s.kind(end+1) != js.OpenBraceToken {
		return Finding{}, false
	}
	for j := end + 2; j < s.behind(end+1)-1; j = s.behind(j) {
		if s.kind(j) == js.CaseToken && s.kind(j+2) == js.ColonToken && s.isOtherLiteral(j+1) {
			return s.finding(j, "text_compared", s.neverEqual(name, j+1)), true
		}
	}
	return Finding{}, false
}

// assignmentInCondition is about if (a = 1).
func (s *scan) assignmentInCondition(i int) (Finding, bool) {
	open := int(s.tokens[i].inside)
	if open < 0 || s.kind(open) != js.OpenParenToken {
		return Finding{}, false
	}
	if k := s.kind(open - 1); k != js.IfToken && k != js.WhileToken || s.isMember(open-1) {
		return Finding{}, false
	}
	literal := (s.kind(i+1) == js.StringToken || s.text(i+1) == "undefined" || s.isOtherLiteral(i+1)) && s.endsOperand(i+2)
	name := s.operandEnd(i + 1)
	switch {
	case literal:
		return s.finding(i, "assignment_in_condition", "`=` does not compare, it sets what stands before it: write ==="), true
	case s.kind(i+1) == js.NotToken && s.tokens[i].to == s.tokens[i+1].from:
		return s.finding(
			i,
			"assignment_in_condition",
			"`=!` does not compare, it sets what stands before it: write !==",
		), true
	case name > i+1 && s.endsOperand(name) && s.kind(open-1) == js.IfToken:
		return s.finding(i, "assignment_in_condition", "`=` does not compare, it sets what stands before it: write ===; "+
			"where that is meant, put a second pair of parentheses around it"), true
	}
	return Finding{}, false
}

// Read is a place where a body reads a parameter by its name.
type Read struct {
	Name         string
	Line, Column int // from 1
}

// Reads lists the parameters that a body reads by name and does not set itself, each once.
func Reads(body string) []Read {
	s := scanBody(body)
	var reads []Read
	seen := s.setParameters()
	for i := range s.tokens {
		text, end := s.parameterAt(i)
		if dashed, _ := s.dashedParameter(i); text == "" || dashed != "" || s.kind(end) == js.EqToken ||
			s.kind(end) == js.OpenParenToken {
			continue
		}
		name := s.parameterName(i)
		if !seen[name] && !strings.Contains(name, `\`) {
			seen[name] = true
			reads = append(reads, Read{Name: name, Line: int(s.tokens[i].line), Column: int(s.tokens[i].column)})
		}
	}
	return append(reads, s.destructured(seen)...)
}

// destructured lists the parameters that var {From, 'Caller-ID-Name': name} = call reads.
func (s *scan) destructured(seen map[string]bool) []Read {
	var reads []Read
	for open := range s.tokens {
		end := s.behind(open)
		if s.kind(open) != js.OpenBraceToken || s.kind(end) != js.EqToken || s.text(end+1) != "call" ||
			!s.endsOperand(end+2) && !s.tokens[min(end+2, len(s.tokens)-1)].fresh {
			continue
		}
		for i := open + 1; i < end-1; i = s.behind(i) {
			if before := s.kind(i - 1); before != js.CommaToken && i != open+1 {
				continue
			}
			if name := s.keyName(i); name != "" && !seen[name] && s.kind(i) != js.EllipsisToken {
				seen[name] = true
				reads = append(reads, Read{Name: name, Line: int(s.tokens[i].line), Column: int(s.tokens[i].column)})
			}
		}
	}
	return reads
}
