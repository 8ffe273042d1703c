package lint

import "github.com/tdewolff/parse/v2/js"

// comparisons finds conditions with an unintended result: a parameter, which is text, compared by === or case with a
// value that is not text, and an assignment instead of a comparison.
func (s *scan) comparisons() []Finding {
	var found []Finding
	set := s.setParameters()
	for i := range s.tokens {
		switch s.kind(i) {
		case js.EqEqToken, js.NotEqToken: // 'true' == true does not hold
			if k := s.kind(i + 1); k != js.TrueToken && k != js.FalseToken {
				continue
			}
			if f, ok := s.strictComparison(i, set); ok {
				found = append(found, f)
			}
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

// strictComparison finds call['To'] === 1000, in either order.
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

// isOtherLiteral reports whether a token is a value other than text and undefined.
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

// switchOnParameter finds switch (call.To) { case 1000: … }.
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

// assignmentInCondition finds if (a = 1).
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
