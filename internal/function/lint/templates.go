package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// plainTemplates finds texts in ' or " with ${…}, which would be read aloud as written.
func (s *scan) plainTemplates() []Finding {
	var found []Finding
	for i := range s.tokens {
		if s.looksForTemplates(i) {
			return nil
		}
		if s.kind(i) == js.StringToken && templatePart.MatchString(s.text(i)) {
			found = append(found, s.finding(i, "plain_template", "${…} stands for a value only between ` and `: "+
				"between other quotes it is part of the text"))
		}
	}
	return found
}

// looksForTemplates reports whether the body itself replaces ${…} in its texts: with a regular expression that contains
// it, or as an argument of replace and similar methods.
func (s *scan) looksForTemplates(i int) bool {
	switch s.kind(i) {
	case js.RegExpToken:
		return strings.Contains(s.text(i), `\$\{`) || strings.Contains(s.text(i), `\${`)
	case js.StringToken:
		return templatePart.MatchString(s.text(i)) && s.kind(i-1) == js.OpenParenToken && s.isMember(i-2) &&
			slices.Contains([]string{"replace", "replaceAll", "split", "indexOf", "includes"}, s.text(i-2))
	}
	return false
}

var templatePart = regexp.MustCompile(`\$\{\s*[A-Za-z_$][^{}]*\}`)
