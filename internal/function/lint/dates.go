package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// number is an expression with a numeric value: how the body writes it, and its possible values.
type number struct {
	what        string // for sentences
	least, most int    // of a date's part
	note        string // what people mistake it for
}

// numbers are the functions and methods that return a number, by name.
var numbers = map[string]number{
	"getDay":     {"getDay() gives a number", 0, 6, "Sunday is 0, Saturday is 6"},
	"getMonth":   {"getMonth() gives a number", 0, 11, "January is 0, December is 11"},
	"getDate":    {"getDate() gives a number", 1, 31, "it is the day of the month"},
	"getHours":   {"getHours() gives a number", 0, 23, "midnight is 0"},
	"getMinutes": {"getMinutes() gives a number", 0, 59, "a full hour is 0"},
	"getSeconds": {"getSeconds() gives a number", 0, 59, "a full minute is 0"},
	"parseInt":   {what: "parseInt(…) gives a number"},
	"parseFloat": {what: "parseFloat(…) gives a number"},
	"Number":     {what: "Number(…) gives a number"},
	"indexOf":    {what: "indexOf(…) gives a number"},
	"length":     {what: "length is a number"},
}

// dates finds comparisons of a number with a value that it never has: getDay() === 'Monday', getMonth() === 12.
func (s *scan) dates() []Finding {
	var found []Finding
	var variables map[string]string
	for i := range s.tokens {
		switch {
		case isEquality(s.kind(i)):
		case s.kind(i) == js.SwitchToken && !s.isMember(i) && s.kind(i+1) == js.OpenParenToken:
		default:
			continue
		}
		if variables == nil {
			variables = s.numberVariables()
		}
		if s.kind(i) == js.SwitchToken {
			found = append(found, s.switchOnNumber(i, variables)...)
			continue
		}
		name, literal := s.numberBefore(i, variables), i+1
		if name == "" && s.isLiteral(i-1) {
			if end := s.numberEnd(i + 1); end > i+1 {
				name, literal = s.numberBefore(end, variables), i-1
			}
		} else if !s.endsOperand(i + 2) {
			continue
		}
		strict := s.kind(i) == js.EqEqEqToken || s.kind(i) == js.NotEqEqToken
		if message := s.neverNumber(name, literal, strict); message != "" {
			found = append(found, s.finding(literal, "number_compared", message))
		}
	}
	return append(found, s.dateArguments()...)
}

// neverNumber explains why a number never equals a literal; "" if it may.
func (s *scan) neverNumber(name string, literal int, strict bool) string {
	n, ok := numbers[strings.Replace(name, "UTC", "", 1)]
	if !ok {
		return ""
	}
	note := ""
	if n.note != "" {
		note = ": " + n.note
	}
	switch {
	case s.kind(literal) == js.StringToken:
		value, err := strconv.ParseFloat(strings.TrimSpace(s.literal(literal)), 64)
		if err == nil && !strict || s.literal(literal) == "" {
			return ""
		}
		if err == nil {
			return fmt.Sprintf("%s, and === never finds it equal to a text: write %v without quotes", n.what, value)
		}
		return fmt.Sprintf("%s, which never equals %s%s", n.what, clip.Name(s.text(literal)), note)
	case js.IsNumeric(s.kind(literal)) && n.most > 0:
		value, err := strconv.Atoi(s.text(literal))
		if err == nil && (value < n.least || value > n.most) && s.kind(literal-1) != js.SubToken {
			return fmt.Sprintf("%s from %d to %d, and never %d%s", n.what, n.least, n.most, value, note)
		}
	}
	return ""
}

// numberBefore returns the name of the source of the number that ends before a token: a method, a function, or the
// source of a variable's one value; "" for anything else.
func (s *scan) numberBefore(i int, variables map[string]string) string {
	last := i - 1
	switch {
	case s.kind(last) == js.CloseParenToken && s.tokens[last].pair > 0:
		callee := int(s.tokens[last].pair) - 1
		if name := s.text(callee); s.isMember(callee) == isMethod(name) {
			return name
		}
	case s.isMember(last):
		if s.text(last) == "length" {
			return "length"
		}
	case js.IsIdentifier(s.kind(last)):
		return variables[s.text(last)]
	}
	return ""
}

func isMethod(name string) bool {
	return name != "parseInt" && name != "parseFloat" && name != "Number"
}

// numberEnd returns the first token after a name, a new or a call that begins at a token.
func (s *scan) numberEnd(i int) int {
	if s.kind(i) == js.NewToken {
		i++
	}
	for i < len(s.tokens) && (js.IsIdentifierName(s.kind(i)) || s.isDot(i) || s.kind(i) == js.OpenParenToken) {
		i = s.behind(i)
	}
	return i
}

// numberVariables returns the names that get exactly one value in the body, a number, with its source.
func (s *scan) numberVariables() map[string]string {
	return onceAssigned(s, func(end int) (name string, ok bool) {
		name = s.numberBefore(end, nil)
		switch {
		case name == "" || !s.endsOperand(end):
			return "", false
		case s.kind(end) == js.QuestionToken, s.kind(end) == js.OrToken, s.kind(end) == js.AndToken,
			s.kind(end) == js.NullishToken:
			return "", false
		}
		_, ok = numbers[strings.Replace(name, "UTC", "", 1)]
		return name, ok
	})
}

// switchOnNumber finds switch (date.getDay()) { case 'Monday': … }.
func (s *scan) switchOnNumber(i int, variables map[string]string) []Finding {
	end := s.behind(i+1) - 1
	if s.numberEnd(i+2) != end || s.kind(end+1) != js.OpenBraceToken {
		return nil
	}
	name := s.numberBefore(end, variables)
	if name == "" {
		return nil
	}
	for j := end + 2; j < s.behind(end+1)-1; j = s.behind(j) {
		if s.kind(j) != js.CaseToken || s.kind(j+2) != js.ColonToken || s.isMember(j) {
			continue
		}
		if message := s.neverNumber(name, j+1, true); message != "" {
			return []Finding{s.finding(j+1, "number_compared", message)}
		}
	}
	return nil
}

// dateArguments finds new Date(2026, 12, 25), and uses of getYear.
func (s *scan) dateArguments() []Finding {
	var found []Finding
	for i := range s.tokens {
		switch {
		case s.kind(i) == js.NewToken && s.text(i+1) == "Date" && s.kind(i+2) == js.OpenParenToken &&
			js.IsNumeric(s.kind(i+3)) && s.kind(i+4) == js.CommaToken && s.text(i+5) == "12" &&
			(s.kind(i+6) == js.CommaToken || s.kind(i+6) == js.CloseParenToken):
			found = append(found, s.finding(i+5, "date_month", "months count from 0: 11 is December, and 12 is January of "+
				"the year after"))
		case s.text(i) == "getYear" && s.isMember(i) && s.kind(i+1) == js.OpenParenToken:
			found = append(found, s.finding(i, "date_year", "getYear() counts from 1900, 2026 is 126: write getFullYear()"))
		}
	}
	return found
}
