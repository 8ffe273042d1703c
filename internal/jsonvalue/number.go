package jsonvalue

import (
	"encoding/json"
	"strconv"
	"strings"
)

// doubleDigits is the length up to which a number without an exponent always fits a double.
const doubleDigits = 308

// CheckNumber reports whether n is a JSON number within MaxNumberBytes and MaxExponent that fits a double, since no
// datastore accepts others. reason is empty if it is, and otherwise names the fault in a few words.
func CheckNumber(n json.Number) (reason string) {
	s := string(n)
	if len(s) > MaxNumberBytes {
		return "number longer than " + strconv.Itoa(MaxNumberBytes) + " characters"
	}
	if !isNumber(s) {
		return "not a JSON number"
	}
	i := strings.IndexAny(s, "eE")
	if i >= 0 {
		exp, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || exp > MaxExponent || exp < -MaxExponent {
			return "exponent beyond ±" + strconv.Itoa(MaxExponent)
		}
	}
	if i >= 0 || len(s) > doubleDigits {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return "number beyond ±1.8e308, the largest there is"
		}
	}
	return ""
}

// isNumber reports whether s follows the grammar of RFC 8259 §6: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() (n int) {
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		return n
	}
	n := digits()
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		if n = digits(); n == 0 {
			return false
		}
		s = s[n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}
