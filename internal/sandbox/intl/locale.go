package intl

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"callfn/internal/clip"
)

//go:embed data
var files embed.FS

// DefaultLocale is the locale of requests without one.
const DefaultLocale = "en-US"

// Error is an exception of ECMA-402: a TypeError if Type is set, else a RangeError.
type Error struct {
	Type    bool
	Message string
}

func (e *Error) Error() string { return e.Message }

func rangeError(format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

func typeError(format string, args ...any) error {
	return &Error{Type: true, Message: fmt.Sprintf(format, args...)}
}

// index lists the locales.
type index struct {
	Locales []string          `json:"locales"`
	Aliases map[string]string `json:"aliases"` // locales that use the data of another
}

var loadIndex = sync.OnceValues(func() (index, error) {
	var i index
	return i, load("index.json", &i)
})

func load(name string, into any) error {
	text, err := files.ReadFile("data/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("intl: read %s: %w", name, err)
	}
	return nil
}

// Locale is a requested locale that is supported.
type Locale struct {
	Tag       string // as requested, in its usual case, without extensions
	data      string // the locale that has its data
	hourCycle string // from the extension -u-hc-, or ""
}

// String returns the locale with the supported extensions.
func (l Locale) String() string {
	if l.hourCycle != "" {
		return l.Tag + "-u-hc-" + l.hourCycle
	}
	return l.Tag
}

// FindLocale returns the first supported locale of a list, and the default one for an empty list. If none is supported,
// the error lists the supported ones, since the format of another locale would be wrong.
func FindLocale(tags []string) (Locale, error) {
	if len(tags) == 0 {
		return Locale{Tag: DefaultLocale, data: DefaultLocale}, nil
	}
	known, err := loadIndex()
	if err != nil {
		return Locale{}, err
	}
	for _, tag := range tags {
		if strings.EqualFold(tag, "default") { // what people write for it; browsers take it for an unknown language
			return Locale{Tag: DefaultLocale, data: DefaultLocale}, nil
		}
		l, err := parseLocale(tag)
		if err != nil {
			return Locale{}, err
		}
		if l.data = known.find(l.Tag); l.data != "" {
			return l, nil
		}
	}
	return Locale{}, rangeError("locale %q is not available here; available are %s", strings.Join(tags, ", "),
		known.list())
}

// SupportedLocales returns the supported locales of a list.
func SupportedLocales(tags []string) ([]string, error) {
	known, err := loadIndex()
	if err != nil {
		return nil, err
	}
	list := []string{}
	for _, tag := range tags {
		l, err := parseLocale(tag)
		if err != nil {
			return nil, err
		}
		if known.find(l.Tag) != "" && !slices.Contains(list, l.String()) {
			list = append(list, l.String())
		}
	}
	return list, nil
}

func (i index) find(tag string) string {
	if slices.Contains(i.Locales, tag) {
		return tag
	}
	return i.Aliases[tag]
}

func (i index) list() string {
	all := slices.Clone(i.Locales)
	for alias := range i.Aliases {
		all = append(all, alias)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// parseLocale reads a BCP 47 tag: language, script, region, and Unicode's extension. It leaves out the script, since
// each locale here has one, unless it is another.
func parseLocale(tag string) (Locale, error) {
	malformed := rangeError("incorrect locale information provided: %q is no language tag such as en-US", clip.Name(tag))
	parts := strings.Split(strings.ToLower(tag), "-")
	language := parts[0]
	if len(language) < 2 || len(language) > 8 || len(language) == 4 || !every(language, isLetter) {
		return Locale{}, malformed
	}
	l := Locale{Tag: language}
	parts = parts[1:]
	if len(parts) > 0 && len(parts[0]) == 4 && every(parts[0], isLetter) {
		if parts[0] != "latn" {
			l.Tag += "-" + strings.ToUpper(parts[0][:1]) + parts[0][1:]
		}
		parts = parts[1:]
	}
	if len(parts) > 0 && (len(parts[0]) == 2 && every(parts[0], isLetter) || len(parts[0]) == 3 &&
		every(parts[0], isDigit)) {
		l.Tag += "-" + strings.ToUpper(parts[0])
		parts = parts[1:]
	}
	for len(parts) > 0 && len(parts[0]) >= 4 { // variants, which no locale here has
		l.Tag += "-" + parts[0]
		parts = parts[1:]
	}
	for i, p := range parts {
		if len(p) == 0 || len(p) > 8 || !every(p, func(c rune) bool { return isLetter(c) || isDigit(c) }) ||
			i == 0 && len(p) != 1 || len(p) == 1 && i == len(parts)-1 {
			return Locale{}, malformed
		}
	}
	return l, l.extend(parts)
}

// extend reads the extensions -u-hc- (hour cycle), -u-ca- (calendar) and -u-nu- (digits).
func (l *Locale) extend(parts []string) error {
	for i := 0; i+1 < len(parts); i++ {
		if parts[i] != "u" {
			continue
		}
		for k := i + 1; k < len(parts) && len(parts[k]) > 1; k++ {
			if len(parts[k]) != 2 || k+1 >= len(parts) {
				continue
			}
			switch value := parts[k+1]; parts[k] {
			case "hc":
				if slices.Contains(hourCycles, value) {
					l.hourCycle = value
				}
			case "ca":
				if value != "gregory" {
					return rangeError("locale extension -u-ca-%s: only the calendar gregory is available here", value)
				}
			case "nu":
				if value != "latn" {
					return rangeError("locale extension -u-nu-%s: only the digits latn are available here", value)
				}
			}
		}
		return nil
	}
	return nil
}

func isLetter(c rune) bool { return c >= 'a' && c <= 'z' }

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

func every(s string, is func(rune) bool) bool {
	return strings.IndexFunc(s, func(c rune) bool { return !is(c) }) < 0
}
