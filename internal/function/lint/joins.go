package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// joins finds texts joined with the operator of another language: 'Hi ' . name, 'Hi ' & name, 'Hi %s' % name.
func (s *scan) joins() []Finding {
	var found []Finding
	for i := range s.tokens {
		if s.kind(i) != js.StringToken || len(found) == mostNames {
			continue
		}
		switch kind := s.kind(i + 1); {
		case kind == js.DotToken && s.text(i+2) == "format" && s.kind(i+3) == js.OpenParenToken:
			found = append(
				found,
				s.finding(i, "text_joined", "texts have no format(…): write `… ${name} …` between ` and `, or "+
					"join them with +"),
			)
		case kind == js.DotToken && (s.text(i+2) == "call" || !s.isTextMember(i+2)):
			found = append(found, s.finding(i+1, "text_joined", "a dot does not join texts: write +"))
		case kind == js.ModToken && !isNumber(s.literal(i)):
			found = append(
				found,
				s.finding(i+1, "text_joined", "`%` calculates, and fills nothing in: write `… ${name} …` between "+
					"` and `, or join texts with +"),
			)
		case calculates(kind) && !isNumber(s.literal(i)):
			found = append(
				found,
				s.finding(i+1, "text_joined", "`"+s.text(i+1)+"` calculates, and a text is no number: join texts "+
					"with +"),
			)
		case calculates(s.kind(i-1)) && s.kind(i-1) != js.SubToken && !isNumber(s.literal(i)) && s.endsOperandBefore(i-1):
			found = append(
				found,
				s.finding(i-1, "text_joined", "`"+s.text(i-1)+"` calculates, and a text is no number: join texts "+
					"with +"),
			)
		}
	}
	return found
}

// isTextMember reports whether texts have a member of this name.
func (s *scan) isTextMember(i int) bool {
	name := s.text(i)
	if slices.Contains(methods, name) || name == "length" || members[name] != "" {
		return true
	}
	return s.kind(i+1) == js.OpenParenToken // a method that the list lacks, such as anchor or big
}

func calculates(kind js.TokenType) bool {
	switch kind {
	case js.BitAndToken, js.SubToken, js.MulToken, js.DivToken, js.ModToken:
		return true
	}
	return false
}

func isNumber(text string) bool {
	text = strings.TrimSpace(text)
	_, err := strconv.ParseFloat(text, 64)
	return text == "" || err == nil
}
