package numbers

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

// separators are what people write into phone numbers.
var separators = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "")

// Written gives the form in which a number is stored and looked up, of the form in which a person wrote it:
// "+1 (415) 555-0100" is +14155550100.
func Written(number string) string { return Normalize(separators.Replace(number)) }

var (
	phoneShape = regexp.MustCompile(`^\+[0-9]{5,15}$`)
	shortShape = regexp.MustCompile(`^[0-9*#]{1,15}$`)
)

// Phone reports whether a normalised number is a phone number: + and 5 to 15 digits (KAZOO's reconcilable numbers).
// Extensions, feature codes and names are none.
func Phone(number string) bool { return phoneShape.MatchString(number) }

// Assignable reports whether a normalised number can be given to an account: a phone number, or a short one that a
// trunk may deliver, such as 1000 or 116117.
func Assignable(number string) bool {
	return phoneShape.MatchString(number) || shortShape.MatchString(number)
}
