package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// operators are words and signs of other languages between values, and JavaScript's own.
var operators = map[string]string{
	"and": "&&", "AND": "&&", "And": "&&", "or": "||", "OR": "||", "Or": "||", "not": "!", "NOT": "!", "Not": "!",
	"is": "===", "isnt": "!==", "eq": "===", "ne": "!==", "equals": "===", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
	"mod": "%", "then": "{ … }", "Then": "{ … }", "THEN": "{ … }", "unless": "if (!…)", "div": "Math.floor(a / b)",
	"contains": ".includes(…)", "matches": "/…/.test(…)", "like": "/…/.test(…)", "LIKE": "/…/.test(…)",
}

// foreignOperator explains a and b, not a, a is b.
func foreignOperator(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i >= 0; i-- {
		instead := operators[s.text(i)]
		if instead == "" || s.isMember(i) || s.kind(i) != js.IdentifierToken {
			continue
		}
		if !s.endsOperandBefore(i) && instead != "!" && !strings.HasPrefix(instead, "if") {
			continue
		}
		return s.advice(i, "`"+s.text(i)+"` is no operator of JavaScript", "write "+instead)
	}
	return nil
}

// endsOperandBefore reports whether a value ends before a token.
func (s *scan) endsOperandBefore(i int) bool {
	switch s.kind(i - 1) {
	case js.CloseParenToken, js.CloseBracketToken, js.StringToken, js.TemplateToken, js.TemplateEndToken:
		return true
	}
	return js.IsIdentifier(s.kind(i-1)) || js.IsNumeric(s.kind(i-1)) || s.isMember(i-1)
}

// foreignSign explains <>, =<, =>, := and a condition without a value before its sign.
func foreignSign(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-1 && i > 0; i-- {
		before, adjacent := s.kind(i-1), i < len(s.tokens) && s.tokens[i-1].to == s.tokens[i].from
		switch kind := s.kind(i); {
		case before == js.LtToken && kind == js.GtToken && adjacent:
			return s.advice(i-1, "`<>` is no sign of JavaScript", "write !==")
		case before == js.EqToken && kind == js.LtToken && adjacent:
			return s.advice(i-1, "`=<` is no sign of JavaScript", "write <=")
		case before == js.ColonToken && kind == js.EqToken && adjacent:
			return s.advice(i-1, "`:=` is no sign of JavaScript", "write =")
		case kind == js.ArrowToken && s.inParentheses(i):
			return s.advice(i, "`=>` makes a function, and compares nothing", "write >=")
		case isRelation(kind) && (before == js.AndToken || before == js.OrToken):
			return s.advice(i, "nothing stands before `"+s.text(i)+"`", "name again what is compared: x > 9 && x < 17")
		case isEquality(kind) && (before == js.AndToken || before == js.OrToken):
			return s.advice(i, "nothing stands before `"+s.text(i)+"`", "name again what is compared: x === 1 || x === 2")
		}
	}
	return nil
}

// inParentheses reports whether a token is in the parentheses of a condition, at any depth.
func (s *scan) inParentheses(i int) bool {
	if i >= len(s.tokens) {
		return false
	}
	for open := int(s.tokens[i].inside); open > 0 && s.kind(open) == js.OpenParenToken; open = int(s.tokens[open].inside) {
		if k := s.kind(open - 1); (k == js.IfToken || k == js.WhileToken) && !s.isMember(open-1) {
			return true
		}
	}
	return false
}

// bareCondition explains if x === 1 { … }.
func bareCondition(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i >= 0; i-- {
		k := s.kind(i - 1)
		if (k == js.IfToken || k == js.WhileToken || k == js.SwitchToken || k == js.ForToken) && !s.isMember(i-1) &&
			s.kind(i) != js.OpenParenToken && s.tokens[i-1].line == s.tokens[i].line {
			return s.advice(i-1, "what `"+s.text(i-1)+"` is given stands between ( and )", "write "+s.text(i-1)+
				" (…) { … }")
		}
	}
	return nil
}

// loneElse explains }; else, and else with no if before it.
func loneElse(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i >= 0; i-- {
		switch {
		case s.kind(i) != js.ElseToken || s.isMember(i):
		case s.kind(i-1) == js.SemicolonToken && s.kind(i-2) == js.CloseBraceToken:
			return s.advice(i-1, "the `;` ends the if, and `else` has none", "take the ; before else away")
		case s.kind(i-1) == js.CloseBraceToken && s.braceAround(s.tokens[i-1].pair) == objectLiteral,
			s.kind(i-1) != js.CloseBraceToken && s.kind(i-1) != js.SemicolonToken:
			return s.advice(i, "a statement before `else` has no end", "put ; before else")
		default:
			return s.advice(
				i,
				"`else` has no if before it",
				"put what runs if the condition holds between { and }: if (…) { … } "+
					"else { … }",
			)
		}
	}
	return nil
}

// membersApart explains {module: 'tts'; data: {…}} and ['1': 'x'].
func membersApart(s *scan, at int, _ Fault) *Advice {
	if at >= len(s.tokens) || s.tokens[at].inside < 0 {
		return nil
	}
	open := int(s.tokens[at].inside)
	switch {
	case s.kind(at) == js.SemicolonToken && s.kind(open) == js.OpenBraceToken && s.tokens[open].brace == objectLiteral &&
		s.kind(at+2) == js.ColonToken:
		return s.advice(at, "a semicolon ends a statement, and not a member of an object", "write a comma")
	case s.kind(at) == js.ColonToken && s.kind(open) == js.OpenBracketToken && s.isLiteral(at-1):
		return s.advice(
			open,
			"names and values stand between { and }, and not in a list",
			"write {"+clip.Name(s.text(at-1))+": …}",
		)
	}
	return nil
}

// numbersApart explains 415 555 0100, (415) 555-0100 and 17:00.
func numbersApart(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i > 0; i-- {
		before := s.kind(i - 1)
		switch {
		case js.IsNumeric(s.kind(i)) && (js.IsNumeric(before) || before == js.CloseParenToken && js.IsNumeric(s.kind(i-2))):
			return s.advice(i-1, "a phone number is no number of JavaScript", "put it between quotes, as in '+14155550100'")
		case s.kind(i) == js.ColonToken && js.IsNumeric(before) && js.IsNumeric(s.kind(i+1)) &&
			s.tokens[i].to-s.tokens[i-1].from < 4:
			return s.advice(i-1, "a time of day is no value of JavaScript", "compare numbers: var now = new Date(), minutes = "+
				"now.getHours() * 60 + now.getMinutes();")
		}
	}
	return nil
}

// returnInValue explains call.To ? return a : return b.
func returnInValue(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i > 0; i-- {
		switch s.kind(i - 1) {
		case js.QuestionToken, js.AndToken, js.OrToken, js.ArrowToken:
			if s.isReturn(i) {
				return s.advice(i, "`return` stands within a value", "put it before the whole: return … ? a : b; or write if (…) "+
					"{ return a; }")
			}
		}
	}
	return nil
}

// wordAsName explains var default = 1.
func wordAsName(s *scan, at int, f Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i > 0; i-- {
		switch s.kind(i - 1) {
		case js.VarToken, js.LetToken, js.ConstToken, js.FunctionToken:
			if js.IsReservedWord(s.kind(i)) && !js.IsIdentifier(s.kind(i)) {
				return s.advice(i, "`"+s.text(i)+"` is a word of JavaScript, and no name", "take another name, such as `"+
					s.text(i)+"1`")
			}
			if js.IsNumeric(s.kind(i)) {
				return s.advice(i, "a name does not begin with a digit", "begin it with a letter")
			}
		}
	}
	return nil
}

// missingQuotes explains {text: Hello there}.
func missingQuotes(s *scan, at int, f Fault) *Advice {
	if !strings.Contains(f.Message, "expecting") && !strings.Contains(f.Message, "missing") {
		return nil
	}
	if at < 1 || at >= len(s.tokens) || s.kind(at) != js.IdentifierToken || s.kind(at-1) != js.IdentifierToken ||
		s.tokens[at].fresh || s.tokens[at].inside < 0 || s.isMember(at-1) {
		return nil
	}
	if k := s.kind(at - 2); k != js.ColonToken && k != js.OpenParenToken && k != js.EqToken && k != js.CommaToken {
		return nil
	}
	return s.advice(at-1, "two words in a row are no value: `"+clip.Name(s.text(at-1)+" "+s.text(at))+"`",
		"put a text between quotes: '"+clip.Name(s.text(at-1)+" "+s.text(at))+"'")
}

// markup explains return <Response>…, without quotes.
func markup(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i >= 0; i-- {
		if s.kind(i) == js.LtToken && (s.isReturn(i-1) || s.kind(i-1) == js.EqToken || s.kind(i-1) == js.OpenParenToken) &&
			js.IsIdentifierName(s.kind(i+1)) {
			if s.kind(i+2) == js.GtToken && (s.kind(i+3) == js.OpenParenToken || js.IsIdentifier(s.kind(i+3))) &&
				!strings.Contains(s.body, "</") {
				return s.advice(i, typeScript, noTypes) // a cast
			}
			return s.advice(i, "that is XML or HTML: functions are written in JavaScript", noTwiML)
		}
	}
	return nil
}
