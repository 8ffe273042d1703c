package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// The messages of QuickJS, SpiderMonkey and V8.
var (
	notDefined  = regexp.MustCompile(`^ReferenceError: '?([^'\s]+)'? is not defined$`)
	notFunction = regexp.MustCompile(`^TypeError: (?:([^\s].*?) is )?not a (?:function|constructor)$`)
	noProperty  = regexp.MustCompile(
		`^TypeError: (?i:cannot read propert(?:y '([^']*)' of (undefined|null)|ies of (undefined|null) \(reading ` +
			`'([^']*)'\)))$`,
	)
	readOnly = regexp.MustCompile(
		`^TypeError: (?:'([^']*)' is read-only|invalid assignment to const '([^']*)'|Assignment to constant variable\.)$`,
	)
	tooEarly = regexp.MustCompile(
		`^ReferenceError: (?:([^\s]+) is not initialized|can't access lexical declaration '([^']*)' before ` +
			`initialization|Cannot access '([^']*)' before initialization)$`,
	)
)

// spiderMonkeys is how SpiderMonkey tells of a property of nothing: with the value's own text.
var spiderMonkeys = regexp.MustCompile(`^TypeError: (?:can't access property "([^"]*)", )?([\w$]\S*) is ` +
	`(undefined|null)$`)

// Thrown explains what a function threw. The body may be empty where it is not at hand: then the message alone is
// explained.
func Thrown(body string, f Fault) Advice {
	switch {
	case notDefined.MatchString(f.Message):
		return undefinedName(body, f, notDefined.FindStringSubmatch(f.Message)[1])
	case notFunction.MatchString(f.Message):
		return wrongCall(body, f, notFunction.FindStringSubmatch(f.Message)[1])
	case noProperty.MatchString(f.Message):
		m := noProperty.FindStringSubmatch(f.Message)
		return absentValue(body, f, m[1]+m[4], m[2]+m[3])
	case spiderMonkeys.MatchString(f.Message):
		m := spiderMonkeys.FindStringSubmatch(f.Message)
		return absent(clip.Name(m[2]), m[1], m[3])
	case readOnly.MatchString(f.Message):
		m := readOnly.FindStringSubmatch(f.Message)
		return changedConstant(body, f, m[1]+m[2])
	case tooEarly.MatchString(f.Message):
		return Advice{Hint: "it is used above its declaration: move the declaration up"}
	case strings.HasPrefix(f.Message, "SyntaxError: ") && strings.Contains(body, "JSON.parse"):
		return Advice{
			Hint: "JSON.parse was given what is no JSON: every parameter of the call is plain text, and may be absent",
		}
	}
	return Advice{}
}

// undefinedName is about a name that nothing gives a meaning.
func undefinedName(body string, f Fault, name string) Advice {
	if instead, foreign := names[name]; foreign {
		return Advice{Hint: "`" + name + "` is not there: " + instead}
	}
	if body == "" {
		return Advice{}
	}
	s := scanBody(body)
	for i := range s.tokens {
		dashed, end := s.dashedParameter(i)
		if dashed == "" {
			continue
		}
		for j := i; j < end; j++ {
			if s.text(j) == name {
				return Advice{Hint: "`call." + dashed + "` is read as a subtraction: write call['" + dashed + "']"}
			}
		}
	}
	return Advice{Hint: "`" + clip.Name(name) + "` is not there: " + s.instead(s.named(name, f.Line), s.declared())}
}

// named is the first token of a line that is a name, or else of the body; the number of tokens where there is none.
func (s *scan) named(name string, line int) int {
	found := len(s.tokens)
	for i, t := range s.tokens {
		if s.text(i) == name {
			if int(t.line) == line {
				return i
			}
			found = min(found, i)
		}
	}
	return found
}

// wrongCall is about calling what is no function. QuickJS does not tell what; the place it tells is the parenthesis.
func wrongCall(body string, f Fault, callee string) Advice {
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
		if near := meant(method, methods); near != "" {
			a.Hint = "did you mean `" + near + "`?"
		}
	}
	return a
}

// calledAt is the parenthesis of the call that an engine means. QuickJS makes a jump of a call whose value is returned,
// and then tells the place of the return; others tell where the callee begins, or the line only.
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

// changedConstant is about changing what const declares. QuickJS tells the place of the statement behind it.
func changedConstant(body string, f Fault, name string) Advice {
	a := Advice{Hint: "what const declares cannot change: declare it with let or var"}
	if body == "" || name == "" {
		return a
	}
	s := scanBody(body)
	for i := min(s.find(f.Line, f.Column), len(s.tokens)-1); i >= 0; i-- {
		if s.text(i) == name && !s.isMember(i) &&
			(isAssignment(s.kind(i+1)) || s.kind(i-1) == js.IncrToken || s.kind(i-1) == js.DecrToken) &&
			s.kind(i-1) != js.ConstToken {
			a.Line, a.Column = int(s.tokens[i].line), int(s.tokens[i].column)
			break
		}
	}
	return a
}

// isAssignment reports whether a token changes the variable beside it.
func isAssignment(kind js.TokenType) bool {
	switch kind {
	case js.EqToken,
		js.IncrToken,
		js.DecrToken,
		js.AddEqToken,
		js.SubEqToken,
		js.MulEqToken,
		js.DivEqToken,
		js.ModEqToken,
		js.ExpEqToken,
		js.LtLtEqToken,
		js.GtGtEqToken,
		js.GtGtGtEqToken,
		js.BitAndEqToken,
		js.BitOrEqToken,
		js.BitXorEqToken,
		js.AndEqToken,
		js.OrEqToken,
		js.NullishEqToken:
		return true
	}
	return false
}

// absentValue is about a property of undefined or null.
func absentValue(body string, f Fault, property, what string) Advice {
	if body == "" || f.Line == 0 {
		return Advice{}
	}
	s := scanBody(body)
	at := s.find(f.Line, f.Column)
	for i := at; i <= at+1; i++ { // the dot, or the name behind it
		if s.isDot(i) || s.kind(i) == js.OpenBracketToken {
			at = i
			break
		}
	}
	value := s.valueBefore(at)
	if value == "" || !s.isDot(at) && s.kind(at) != js.OpenBracketToken {
		return Advice{}
	}
	return absent(value, property, what)
}

// absent is about a property of a value that is not there; property may be "".
func absent(value, property, what string) Advice {
	parameter := strings.HasPrefix(value, "call[") || strings.HasPrefix(value, "call.")
	switch {
	case parameter && property != "":
		return Advice{Hint: "this call has no " + value + ": write (" + value + " || '')." + property +
			", or look first whether it is there"}
	case parameter:
		return Advice{Hint: "this call has no " + value + ": write (" + value + " || ''), or look first whether it is there"}
	case property != "":
		return Advice{Hint: "`" + value + "` is " + what + " there: look first whether it is there, or write " + value +
			"?." + property}
	}
	return Advice{Hint: "`" + value + "` is " + what + " there: look first whether it is there"}
}

// valueBefore is the text of the name or member that ends before a token: `a.b['c']`. "" for anything else.
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
