package crossbar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"callfn/internal/datastore"
	"callfn/internal/numbers"
	"callfn/schemas"
)

// undialable warns of numbers in a form that no call has, such as numbers written for people, and of patterns that
// match no number.
func undialable(doc datastore.Document) (out []schemas.Warning) {
	for i, number := range texts(doc["numbers"]) {
		if message, suggestion := whyUndialable(number); message != "" {
			out = append(out, schemas.Warning{
				Path: schemas.Path("numbers", strconv.Itoa(i)), Message: message,
				Suggestion: suggestion,
			})
		}
	}
	for i, text := range texts(doc["patterns"]) {
		message, meant := whyUnmatched(text)
		if message != "" {
			out = append(out, schemas.Warning{
				Path: schemas.Path("patterns", strconv.Itoa(i)), Message: message,
				Suggestion: meant,
			})
		}
	}
	return out
}

// undialableForward warns of a number that calls are forwarded to and nobody can dial.
func undialableForward(doc datastore.Document) []schemas.Warning {
	forward, _ := doc["call_forward"].(map[string]any)
	number, _ := forward["number"].(string)
	if number == "" {
		return nil
	}
	message, meant := whyUndialable(number)
	if message == "" || scheme.MatchString(number) {
		return nil
	}
	return []schemas.Warning{{Path: "call_forward.number", Message: message, Suggestion: meant}}
}

// delimited matches a regular expression between slashes, as in a program.
var delimited = regexp.MustCompile(`^/(.+)/[a-z]*$`)

// whyUnmatched explains why no number matches a pattern, with the pattern that was probably meant; "" if one may.
func whyUnmatched(text string) (message, suggestion string) {
	if m := delimited.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("no number matches %q: its slashes are looked for, too; write %s", text, m[1]), m[1]
	}
	if plain := strings.TrimSpace(text); plain != text && plain != "" {
		return fmt.Sprintf("no number matches %q: its space is looked for, too; write %s", text, plain), plain
	}
	return "", ""
}

var (
	separators = strings.NewReplacer(" ", "", "\u00a0", "", "\u2009", "", "\u202f", "", "(", "", ")", "", "-", "", "‐", "",
		"‑", "", "–", "", ".", "", "/", "", "\t", "")
	// written matches a number for people without its separators.
	written = regexp.MustCompile(`^\+?[0-9*#]{2,}$`)
	vanity  = regexp.MustCompile(`^(?:\+?1[- .]?)?(?:800|833|844|855|866|877|888)[- ` +
		`.]?[0-9A-Za-z-]*[A-Za-z][0-9A-Za-z-]*$`)
	scheme = regexp.MustCompile(`^(?i)(tel|sip|sips):(.+)$`)
)

// whyUndialable explains why no call can have a number, with the number that was probably meant; "" if one can.
func whyUndialable(number string) (message, suggestion string) {
	told := func(why string, meant string) (string, string) {
		if meant == "" || meant == number {
			return fmt.Sprintf("nobody can dial %q: %s", number, why), ""
		}
		return fmt.Sprintf("nobody can dial %q: %s; write %s", number, why, meant), meant
	}
	plain := separators.Replace(number)
	if strings.HasPrefix(plain, "+") { // +49 (0)30 …: the digit in brackets is for calls within the country
		plain = separators.Replace(strings.Replace(number, "(0)", "", 1))
	}
	switch {
	case plain == "" || strings.Trim(plain, "+") == "":
		return told("it has no digits", "")
	case scheme.MatchString(number):
		rest, _, _ := strings.Cut(scheme.FindStringSubmatch(number)[2], "@")
		return told("a number has no scheme", numbers.Normalize(separators.Replace(rest)))
	case strings.IndexFunc(number, isForeignDigit) >= 0:
		return told("calls come with the digits 0 to 9", "")
	case vanity.MatchString(number):
		return told("calls come with the digits of the keys", numbers.Normalize(keypad(plain)))
	case plain != number && written.MatchString(plain):
		return told("calls come with digits alone", numbers.Normalize(plain))
	case strings.IndexFunc(number, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) >= 0:
		return told("it has a space", "")
	case strings.LastIndexByte(number, '+') > 0:
		return told("a + is only at the beginning", "")
	case strings.HasPrefix(number, "+") && len(number) > 16 && written.MatchString(number):
		return told("an international number has 15 digits at most", "")
	}
	return "", ""
}

func isForeignDigit(c rune) bool { return unicode.IsDigit(c) && c > '9' }

// keypad returns the digits of the keys that letters are on.
func keypad(text string) string {
	const keys = "22233344455566677778889999"
	return strings.Map(func(c rune) rune {
		if upper := unicode.ToUpper(c); upper >= 'A' && upper <= 'Z' {
			return rune(keys[upper-'A'])
		}
		return c
	}, text)
}
