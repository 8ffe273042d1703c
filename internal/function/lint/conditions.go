package lint

import (
	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// conditions finds conditions that look right but always have the same result.
func (s *scan) conditions() []Finding {
	var found []Finding
	add := func(i int, message string) { found = append(found, s.finding(i, "condition", message)) }
	for i := range s.tokens {
		switch kind := s.kind(i); kind {
		case js.OrToken, js.AndToken, js.CommaToken:
			s.aloneValue(i, add)
		case js.ArrowToken:
			if s.inCondition(i) {
				add(i, "`=>` makes a function, which always holds: write >=")
			}
		case js.LtToken, js.LtEqToken, js.GtToken, js.GtEqToken:
			s.chainedComparison(i, add)
		case js.NotToken:
			s.negatedOperand(i, add)
		case js.IfToken:
			s.emptyIf(i, add)
		case js.InToken:
			s.inList(i, add)
		case js.TypeofToken:
			s.typeName(i, add)
		}
		if isEquality(s.kind(i)) {
			s.neverEqualValue(i, add)
		}
	}
	return found
}

func isEquality(kind js.TokenType) bool {
	switch kind {
	case js.EqEqToken, js.EqEqEqToken, js.NotEqToken, js.NotEqEqToken:
		return true
	}
	return false
}

func isRelation(kind js.TokenType) bool {
	switch kind {
	case js.LtToken, js.LtEqToken, js.GtToken, js.GtEqToken:
		return true
	}
	return false
}

// isLiteral reports whether a token is a text or number.
func (s *scan) isLiteral(i int) bool { return s.kind(i) == js.StringToken || js.IsNumeric(s.kind(i)) }

// inCondition reports whether a token is directly in the parentheses of if or while.
func (s *scan) inCondition(i int) bool {
	open := int(s.tokens[i].inside)
	if open < 1 || s.kind(open) != js.OpenParenToken {
		return false
	}
	k := s.kind(open - 1)
	return (k == js.IfToken || k == js.WhileToken) && !s.isMember(open-1)
}

// aloneValue finds x === 'a' || 'b', and case 'a' || 'b' or case 'a', 'b'.
func (s *scan) aloneValue(i int, add func(int, string)) {
	if !s.isLiteral(i-1) || !s.isLiteral(i+1) {
		return
	}
	sign := s.text(i)
	if s.kind(i-2) == js.CaseToken && !s.isMember(i-2) {
		message := "`case` takes one value: write case " + clip.Name(s.text(i-1)) + ": case " + clip.Name(s.text(i+1)) + ":"
		if s.kind(i+2) == js.ColonToken || s.kind(i+2) == s.kind(i) {
			add(i, message)
		}
		return
	}
	if !isEquality(s.kind(i-2)) || !s.endsOperand(i+2) || s.kind(i) == js.CommaToken ||
		s.kind(i) == js.AndToken && !s.inCondition(i) {
		return
	}
	operand, comparison := s.valueBefore(i-2), s.text(i-2)
	if operand == "" {
		operand = "x"
	}
	add(i+1, clip.Name(s.text(i+1))+" stands alone behind `"+sign+"` and always holds: write the comparison again, as in "+
		operand+" "+comparison+" "+clip.Name(s.text(i-1))+" "+sign+" "+operand+" "+comparison+" "+clip.Name(s.text(i+1)))
}

// chainedComparison finds 9 < hour < 17.
func (s *scan) chainedComparison(i int, add func(int, string)) {
	for j := i + 1; j < len(s.tokens); j = s.behind(j) {
		switch kind := s.kind(j); {
		case isRelation(kind):
			add(j, "comparisons make no chain: the first gives true or false, and that is compared with "+
				clip.Name(s.text(j+1))+"; write both, joined by &&")
			return
		case kind == js.AddToken, kind == js.SubToken, kind == js.MulToken, kind == js.DivToken, kind == js.DotToken,
			kind == js.OptChainToken, kind == js.NotToken:
			continue
		case js.IsOperator(kind), js.IsPunctuator(kind) && s.behind(j) == j+1, s.tokens[j].fresh && !s.goesOn(j):
			return
		}
	}
}

// negatedOperand finds !a == 'x' and !a in b: the negation applies only to a.
func (s *scan) negatedOperand(i int, add func(int, string)) {
	end := s.operandEnd(i + 1)
	if end == i+1 {
		return
	}
	operand := clip.Name(s.body[s.tokens[i+1].from:s.tokens[end-1].to])
	switch {
	case isEquality(s.kind(end)) && s.isLiteral(end+1):
		sign := map[bool]string{true: "!==", false: "==="}[s.kind(end) == js.EqEqToken || s.kind(end) == js.EqEqEqToken]
		add(i, "`!` belongs to "+operand+" alone, and true or false never equals "+clip.Name(s.text(end+1))+": write "+
			operand+" "+sign+" "+clip.Name(s.text(end+1)))
	case s.kind(end) == js.InToken, s.kind(end) == js.InstanceofToken:
		add(i, "`!` belongs to "+operand+" alone: put parentheses around what it is about, !("+operand+" "+s.text(end)+" …)")
	}
}

// operandEnd returns the first token after a name with its members, without calls; i itself if there is none.
func (s *scan) operandEnd(i int) int {
	if !js.IsIdentifier(s.kind(i)) {
		return i
	}
	for i++; i < len(s.tokens); {
		switch {
		case s.isDot(i) && js.IsIdentifierName(s.kind(i+1)):
			i += 2
		case s.kind(i) == js.OpenBracketToken:
			i = s.behind(i)
		default:
			return i
		}
	}
	return i
}

// emptyIf finds if (x); { … }.
func (s *scan) emptyIf(i int, add func(int, string)) {
	if s.isMember(i) || s.kind(i+1) != js.OpenParenToken {
		return
	}
	if end := s.behind(i + 1); s.kind(end) == js.SemicolonToken && s.kind(end+1) != js.ElseToken {
		add(end, "the `;` ends the condition: what stands behind it always runs; take it away")
	}
}

// inList finds x in ['a', 'b'], which tests indexes.
func (s *scan) inList(i int, add func(int, string)) {
	if s.isMember(i) || s.isKey(i) || s.kind(i+1) != js.OpenBracketToken || s.inFor(i) {
		return
	}
	end := s.behind(i + 1)
	if s.endsOperand(end) && end > i+3 {
		list := clip.Name(s.body[s.tokens[i+1].from:s.tokens[end-1].to])
		add(i, "`in` looks for positions in a list, and not for values: write "+list+".indexOf(…) >= 0")
	}
}

// inFor reports whether a token belongs to the head of a loop.
func (s *scan) inFor(i int) bool {
	open := int(s.tokens[i].inside)
	return open > 0 && s.kind(open) == js.OpenParenToken && s.kind(open-1) == js.ForToken
}

// typeName finds typeof x === undefined, and === 'array'.
func (s *scan) typeName(i int, add func(int, string)) {
	end := s.operandEnd(i + 1)
	if end == i+1 || !isEquality(s.kind(end)) || !s.endsOperand(end+2) {
		return
	}
	switch name := s.text(end + 1); {
	case name == "undefined" || name == "null":
		add(end+1, "typeof gives a text: write '"+name+"' between quotes"+
			map[bool]string{true: ", or === null without typeof", false: ""}[name == "null"])
	case s.kind(end+1) == js.StringToken && !typeNames[s.literal(end+1)]:
		add(end+1, "typeof never gives "+clip.Name(name)+": it gives 'string', 'number', 'boolean', 'object', 'function' or "+
			"'undefined'; Array.isArray(x) tells a list")
	}
}

var typeNames = map[string]bool{
	"string": true, "number": true, "boolean": true, "object": true, "function": true, "undefined": true,
	"symbol": true, "bigint": true, "": true, // with escapes
}

// neverEqualValue finds x === NaN and x === ['a', 'b'].
func (s *scan) neverEqualValue(i int, add func(int, string)) {
	for _, side := range []int{i + 1, i - 1} {
		if s.text(side) == "NaN" && !s.isMember(side) {
			add(side, "nothing equals NaN, not even NaN: write isNaN(…)")
			return
		}
	}
	next := i + 1
	if s.kind(next) != js.OpenBracketToken &&
		(s.kind(next) != js.OpenBraceToken || s.tokens[next].brace != objectLiteral) {
		return
	}
	end := s.behind(next)
	if !s.endsOperand(end) {
		return
	}
	switch {
	case s.kind(next) == js.OpenBraceToken:
		add(next, "an object written here never equals another: compare one of its members")
	case end > next+3 && s.hasComma(next):
		list := clip.Name(s.body[s.tokens[next].from:s.tokens[end-1].to])
		add(next, "a text never equals a list: write "+list+".indexOf(…) >= 0")
	}
}

// hasComma reports whether a bracket directly contains a comma.
func (s *scan) hasComma(open int) bool {
	for j := open + 1; j < s.behind(open)-1; j = s.behind(j) {
		if s.kind(j) == js.CommaToken {
			return true
		}
	}
	return false
}
