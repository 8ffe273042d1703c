package callflow

import (
	"regexp"
	"strings"
)

// KAZOO's default E.164 converters in the order it tries them (knm_converter_regex.erl, ?DEFAULT_E164_CONVERTERS):
// North American numbers of 10 digits or 11 with the leading 1, international prefixes 011 and 00, and anything of 8
// digits or more that cannot be a North American trunk code. The last group that a rule has becomes the number.
var e164 = []struct {
	shape  *regexp.Regexp
	prefix string
}{
	{regexp.MustCompile(`^(?:\+?1)?([2-9][0-9]{2}[2-9][0-9]{6})$`), "+1"},
	{regexp.MustCompile(`^(?:011|00)([0-9]{5,})$`), "+"},
	{regexp.MustCompile(`^([2-9][0-9]{7,})$`), "+"},
}

// Normalize gives the form in which KAZOO's default settings look a dialled number up: feature codes (`*…`) and
// numbers that already start with `+` stay as they are, numbers that one of the converters knows become +E.164, and
// everything else (extensions, `no_match`, names) stays. Account dial plans are not applied.
func Normalize(number string) string {
	if strings.HasPrefix(number, "*") || strings.HasPrefix(number, "+") {
		return number
	}
	for _, rule := range e164 {
		if m := rule.shape.FindStringSubmatch(number); m != nil {
			return rule.prefix + m[1]
		}
	}
	return number
}
