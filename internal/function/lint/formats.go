package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// Format is a place where a body formats dates or numbers: a locale, a time zone, or a part of Intl.
type Format struct {
	Locale, Zone, Part string // one of them is set, or Ignored
	Ignored            string // the method that gets a locale and ignores it
	Line, Column       int    // from 1
}

// formatters are the methods and constructors whose first argument is a locale.
var formatters = map[string]bool{
	"toLocaleString": true, "toLocaleDateString": true, "toLocaleTimeString": true, "DateTimeFormat": true,
	"NumberFormat": true,
}

// Formats lists the locales, zones and parts of Intl that a body names literally. Time zones count only in calls that
// format.
func Formats(body string) []Format {
	s := scanBody(body)
	var found, zones []Format
	formats := false
	for i, t := range s.tokens {
		at := Format{Line: int(t.line), Column: int(t.column)}
		switch {
		case formatters[s.text(i)] && s.isMember(i):
			formats = true
			if s.kind(i+1) == js.OpenParenToken && s.isWhole(i+2) {
				at.Locale = s.literal(i + 2)
				found = append(found, at)
			}
		case s.isMember(i) && s.kind(i+1) == js.OpenParenToken && s.givesLocale(i):
			at.Ignored = s.text(i)
			found = append(found, at)
		case s.text(i) == "Intl" && !s.isMember(i) && s.kind(i+1) == js.DotToken && s.kind(i-1) != js.TypeofToken:
			at.Part = s.text(i + 2)
			found = append(found, at)
		case s.text(i) == "timeZone" && s.kind(i+1) == js.ColonToken && s.isKey(i) && s.isWhole(i+2):
			at.Zone = s.literal(i + 2)
			zones = append(zones, at)
		}
	}
	if formats {
		found = append(found, zones...)
	}
	return found
}

// givesLocale reports whether a call of localeCompare, toLocaleUpperCase or toLocaleLowerCase has a locale.
func (s *scan) givesLocale(i int) bool {
	switch s.text(i) {
	case "localeCompare":
		return s.hasComma(i + 1)
	case "toLocaleUpperCase", "toLocaleLowerCase":
		return s.isWhole(i+2) && specialCase[strings.ToLower(strings.SplitN(s.literal(i+2), "-", 2)[0])]
	}
	return false
}

// specialCase are the languages whose letters have other capitals than in Unicode's default.
var specialCase = map[string]bool{"tr": true, "az": true, "lt": true, "el": true}

// isWhole reports whether a token is a text that is a whole argument or value.
func (s *scan) isWhole(i int) bool {
	switch s.kind(i + 1) {
	case js.CommaToken, js.CloseParenToken, js.CloseBraceToken:
		return s.kind(i) == js.StringToken
	}
	return false
}

// literal returns the content of a text, or "" for one with escapes.
func (s *scan) literal(i int) string {
	text := s.text(i)
	for j := range len(text) {
		if text[j] == '\\' {
			return ""
		}
	}
	return text[1 : len(text)-1]
}
