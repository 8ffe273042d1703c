package lint

import (
	"regexp"
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

// spiderMonkeyAbsent matches SpiderMonkey's error for a property of nothing, which has the value's own text.
var spiderMonkeyAbsent = regexp.MustCompile(`^TypeError: (?:can't access property "([^"]*)", )?([\w$]\S*) is ` +
	`(undefined|null)$`)

// Thrown explains what a function threw. Without a body it only explains the message.
func Thrown(body string, f Fault) Advice {
	switch {
	case notDefined.MatchString(f.Message):
		return undefinedName(body, f, notDefined.FindStringSubmatch(f.Message)[1])
	case notFunction.MatchString(f.Message):
		return notCallable(body, f, notFunction.FindStringSubmatch(f.Message)[1])
	case noProperty.MatchString(f.Message):
		m := noProperty.FindStringSubmatch(f.Message)
		return absentValue(body, f, m[1]+m[4], m[2]+m[3])
	case spiderMonkeyAbsent.MatchString(f.Message):
		m := spiderMonkeyAbsent.FindStringSubmatch(f.Message)
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

// undefinedName explains a name that is not defined.
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

// named returns the first token of a line that is a name, else of the body, or the number of tokens if there is none.
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

// changedConstant explains an assignment to a constant. QuickJS gives the position of the following statement.
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

// absentValue explains a property of undefined or null.
func absentValue(body string, f Fault, property, what string) Advice {
	if body == "" || f.Line == 0 {
		return Advice{}
	}
	s := scanBody(body)
	at := s.find(f.Line, f.Column)
	for i := at; i <= at+1; i++ { // the dot, or the name after it
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

// absent explains a property of a value that does not exist; property may be "".
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
