package lint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// literals finds numbers and texts that are not what they look like: 0123 and other phone numbers without quotes, texts
// with {{name}}, and regular expressions in texts that have lost their backslashes.
func (s *scan) literals() []Finding {
	var found []Finding
	fillsIn := s.fillsIn()
	for i := range s.tokens {
		if len(found) == mostNames {
			break
		}
		switch kind := s.kind(i); {
		case js.IsNumeric(kind):
			if message := aboutNumber(s.text(i)); message != "" {
				found = append(found, s.finding(i, "number_literal", message))
			}
		case kind != js.StringToken:
		case s.takesPattern(i):
			if lost := lostBackslash.FindString(withoutPairs(s.text(i))); lost != "" {
				found = append(found, s.finding(i, "lost_backslash", fmt.Sprintf(
					"a text takes `%s` for `%s`: write `\\%s`, or a regular expression, /…/, without quotes", lost, lost[1:], lost)))
			}
		case !fillsIn && mustache.MatchString(s.text(i)):
			found = append(found, s.finding(i, "plain_template", "nobody fills {{…}} in, it is part of the text: write "+
				"'Hello ' + call['Caller-ID-Name']"))
		}
	}
	return found
}

// fillsIn reports whether the body itself replaces {{…}} in its texts.
func (s *scan) fillsIn() bool {
	for i := range s.tokens {
		text := s.text(i)
		switch s.kind(i) {
		case js.RegExpToken:
			if strings.Contains(text, `{\{`) || strings.Contains(text, "{{") {
				return true
			}
		case js.StringToken:
			if s.kind(i-1) == js.OpenParenToken && s.isMember(i-2) && strings.Contains(text, "{{") {
				return true
			}
		}
	}
	return false
}

var (
	mustache      = regexp.MustCompile(`\{\{\s*[A-Za-z_$][\w.$\[\]'"-]*\s*\}\}`)
	lostBackslash = regexp.MustCompile(`\\[dwsDWSB+.*?()\[\]{}|^$]`)
)

// withoutPairs removes escaped backslashes.
func withoutPairs(text string) string { return strings.ReplaceAll(text, `\\`, "") }

// takesPattern reports whether a text becomes a regular expression.
func (s *scan) takesPattern(i int) bool {
	if s.kind(i-1) != js.OpenParenToken {
		return false
	}
	switch s.text(i - 2) {
	case "RegExp":
		return !s.isMember(i - 2)
	case "match", "matchAll", "search":
		return s.isMember(i - 2)
	}
	return false
}

// aboutNumber explains what is wrong with a number's notation; "" for nothing.
func aboutNumber(text string) string {
	digits := strings.Trim(text, "0123456789")
	if digits != "" || len(text) < 2 {
		return ""
	}
	if text[0] == '0' {
		value, err := strconv.ParseInt(text, 8, 64)
		switch {
		case err == nil && (value > 7 || len(text) > 3):
			return fmt.Sprintf("a number that begins with 0 is octal: %s is %d; a phone number stands between quotes, '%s'",
				clip.Name(text), value, clip.Name(text))
		case len(text) > 3:
			return "a number does not keep its 0: a phone number stands between quotes, '" + clip.Name(text) + "'"
		}
		return ""
	}
	if exact, err := strconv.ParseUint(text, 10, 64); err != nil || exact > 1<<53 && uint64(float64(exact)) != exact {
		return "a number keeps some 15 digits only: a phone number stands between quotes, '" + clip.Name(text) + "'"
	}
	return ""
}

// repeatedKeys finds names that occur twice in one object.
func (s *scan) repeatedKeys() []Finding {
	var found []Finding
	for open := range s.tokens {
		if s.kind(open) != js.OpenBraceToken || s.tokens[open].brace != objectLiteral {
			continue
		}
		seen := map[string]bool{}
		for i := open + 1; i < s.behind(open)-1 && len(found) < mostNames; i = s.behind(i) {
			before := s.kind(i - 1)
			if before != js.CommaToken && i != open+1 || s.kind(i+1) != js.ColonToken {
				continue
			}
			name := s.keyName(i)
			if name != "" && seen[name] && name != "__proto__" {
				found = append(found, s.finding(i, "repeated_key", "`"+clip.Name(name)+"` stands twice in this object: only the "+
					"last one counts"))
			}
			seen[name] = true
		}
	}
	return found
}

// keyName returns the name of an object's member; "" if it is computed or has escapes.
func (s *scan) keyName(i int) string {
	switch {
	case s.kind(i) == js.StringToken:
		return s.literal(i)
	case js.IsIdentifierName(s.kind(i)), js.IsNumeric(s.kind(i)):
		return s.text(i)
	}
	return ""
}
