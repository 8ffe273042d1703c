package intl

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/sandbox/datetime"
)

// Part is a piece of a formatted text and its type, as in formatToParts.
type Part [2]string

// Option is one of a format's resolved options. The value is a string, a bool or an int.
type Option struct {
	Name  string
	Value any
}

// DateFormat is an Intl.DateTimeFormat.
type DateFormat struct {
	locale   Locale
	data     *localeData
	zone     Zone
	zoneName string // the width of the zone's name
	styles   [2]string
	cycle    string // "" if no hour is formatted
	pattern  []token
}

// NewDateFormat returns a format for locales and options. The error is an *Error.
func NewDateFormat(r DateRequest, zones Zones) (*DateFormat, error) {
	f := &DateFormat{}
	var err error
	if f.locale, err = FindLocale(r.Locales); err != nil {
		return nil, err
	}
	if err := r.Options.check(); err != nil {
		return nil, err
	}
	name, given := r.Options["timeZone"]
	if !given {
		name = r.TimeZone
	}
	if f.zone, err = zones.find(name); err != nil {
		return nil, err
	}
	o, err := r.complete()
	if err != nil {
		return nil, err
	}
	if f.data, err = dataOf(f.locale.data); err != nil {
		return nil, err
	}
	f.zoneName = o["timeZoneName"]
	f.styles = [2]string{o["dateStyle"], o["timeStyle"]}
	cycle := f.hourCycle(o)
	pattern := f.data.pattern(o, cycle)
	f.pattern = tokens(pattern)
	if slices.ContainsFunc(f.pattern, token.isHour) {
		f.cycle = cycle
	}
	if f.cycle == "" || r.Options["hour12"] != "" || r.Options["hourCycle"] != "" {
		f.locale.hourCycle = ""
	}
	if f.zoneName == "" {
		f.zoneName = "short" // in styles
		if f.styles[1] == "full" {
			f.zoneName = "long"
		}
	}
	return f, nil
}

// hourCycle decides between 12 and 24 hours. hour12 has the meaning of ECMA-402 since 2023: 12 hours from 12 to 11, or
// 24 hours from 0 to 23. (Before that it depended on the locale, and gave "24:05" and "0:05 pm".)
func (f *DateFormat) hourCycle(o DateOptions) string {
	switch {
	case o["hour12"] == "true":
		return "h12"
	case o["hour12"] == "false":
		return "h23"
	case o["hourCycle"] != "":
		return o["hourCycle"]
	case f.locale.hourCycle != "":
		return f.locale.hourCycle
	}
	return f.data.HourCycle
}

// token is a field of a pattern with its number, or a text if field is 0.
type token struct {
	field byte
	n     int
	text  string
}

func (t token) isHour() bool { return t.field != 0 && strings.IndexByte("KhHk", t.field) >= 0 }

// tokens reads a pattern: "{L2} {d0}, {y0}".
func tokens(pattern string) (list []token) {
	for pattern != "" {
		text, rest, _ := strings.Cut(pattern, "{")
		if text != "" {
			list = append(list, token{text: text})
		}
		field, rest, found := strings.Cut(rest, "}")
		if !found {
			break
		}
		n, _ := strconv.Atoi(field[1:]) // cannot fail: gen/gen.js wrote it
		list = append(list, token{field: field[0], n: n})
		pattern = rest
	}
	return list
}

// place returns an option's number among its choices, from 1; 0 if it is not requested.
func place(choices []string, value string) int { return slices.Index(choices, value) + 1 }

// pattern returns the pattern for options. The order of indexes is that of gen/gen.js.
func (d *localeData) pattern(o DateOptions, cycle string) string {
	c := slices.Index(hourCycles, cycle)
	if o["dateStyle"] != "" || o["timeStyle"] != "" {
		if o["timeStyle"] == "" {
			c = 0
		}
		return d.Patterns[d.Styles[(place(styleLengths, o["dateStyle"])*5+place(styleLengths, o["timeStyle"]))*4+c]]
	}
	if o["hour"] == "" {
		c = 0
	}
	w, e := place(textWidths, o["weekday"]), place(textWidths, o["era"])
	rest := (place(numberWidths, o["year"])*6+place(monthWidths, o["month"]))*3 + place(numberWidths, o["day"])
	t := ((place(numberWidths, o["hour"])*3+place(numberWidths, o["minute"]))*3+place(numberWidths, o["second"]))*5 +
		place(zoneWidths, o["timeZoneName"])
	time := d.Patterns[d.Times[c][t]]
	if w == 0 && e == 0 && rest == 0 {
		return time
	}
	if t == 0 {
		return d.date(w, e, rest)
	}
	if e == 0 && rest == 0 {
		key := o["weekday"] + "," + o.cycleKey(cycle) + "," + strconv.Itoa(t)
		if i, own := d.WeekdayTimes[key]; own {
			return d.Patterns[i]
		}
	}
	return d.date(w, e, rest) + d.Joints[d.Glues[(w*4+e)*54+rest]] + time
}

func (o DateOptions) cycleKey(cycle string) string {
	if o["hour"] == "" {
		return ""
	}
	return cycle
}

// date returns the pattern of weekday, era and the other fields of a date. The file has those with short names and the
// exceptions. The others differ only in the names.
func (d *localeData) date(w, e, rest int) string {
	if p, own := d.DateExceptions[strconv.Itoa((w*4+e)*54+rest)]; own {
		return p
	}
	p := d.Patterns[d.Dates[(min(w, 1)*2+min(e, 1))*54+rest]]
	if w > 0 {
		p = substitute(p, 'E', d.Weekdays, textWidths[w-1])
	}
	if e > 0 {
		p = substitute(p, 'G', d.Eras, textWidths[e-1])
	}
	return p
}

// substitute replaces names in a pattern by those of another width.
func substitute(pattern string, field byte, list []names, width string) string {
	start := strings.Index(pattern, "{"+string(field))
	if start < 0 {
		return pattern
	}
	end := start + strings.IndexByte(pattern[start:], '}')
	was, err := strconv.Atoi(pattern[start+2 : end])
	if err != nil {
		return pattern
	}
	to := -1
	for i, n := range list {
		if n.Width == width && (to < 0 || n.Variant == list[was].Variant) {
			to = i
		}
	}
	return pattern[:start+2] + strconv.Itoa(to) + pattern[end:]
}

// narrowSpace precedes AM and PM in CLDR.
const narrowSpace = "\u202f"

// Format formats a time value. NaN gives a RangeError, as in ECMA-402. Narrow spaces become plain ones, as in every
// browser and in Node, because much code looks for " AM". Parts keeps them.
func (f *DateFormat) Format(ms float64) (string, error) {
	parts, err := f.Parts(ms)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(strings.ReplaceAll(p[1], narrowSpace, " "))
	}
	return b.String(), nil
}

// Parts formats a time value in pieces.
func (f *DateFormat) Parts(ms float64) ([]Part, error) {
	if ms = datetime.Clip(ms); math.IsNaN(ms) {
		return nil, rangeError("Invalid time value")
	}
	at := int64(ms)
	local := at + f.zone.Offset(at)
	fields := datetime.Split(local)
	parts := make([]Part, 0, len(f.pattern))
	for _, t := range f.pattern {
		kind, text := f.part(t, at, local, fields)
		parts = append(parts, Part{kind, text})
	}
	return parts, nil
}

func (f *DateFormat) part(t token, at, local int64, fields datetime.Fields) (kind, text string) {
	switch n := func(i int) int { return int(fields[i]) }; t.field {
	case 'E':
		return "weekday", f.data.Weekdays[t.n].Names[datetime.Weekday(local)]
	case 'G':
		era := 1
		if n(datetime.Year) < 1 {
			era = 0
		}
		return "era", f.data.Eras[t.n].Names[era]
	case 'y':
		year := n(datetime.Year)
		if year < 1 { // the year before 1 is 1 BC
			year = 1 - year
		}
		if t.n == 1 {
			return "year", digits(year%100, 1)
		}
		return "year", strconv.Itoa(year)
	case 'M':
		return "month", digits(n(datetime.Month)+1, t.n)
	case 'L':
		return "month", f.data.Months[t.n].Names[n(datetime.Month)]
	case 'd':
		return "day", digits(n(datetime.Day), t.n)
	case 'K':
		return "hour", digits(n(datetime.Hour)%12, t.n)
	case 'h':
		return "hour", digits((n(datetime.Hour)+11)%12+1, t.n)
	case 'H':
		return "hour", digits(n(datetime.Hour), t.n)
	case 'k':
		return "hour", digits((n(datetime.Hour)+23)%24+1, t.n)
	case 'm':
		return "minute", digits(n(datetime.Minute), t.n)
	case 's':
		return "second", digits(n(datetime.Second), t.n)
	case 'a':
		return "dayPeriod", f.data.Periods[n(datetime.Hour)/12]
	case 'z':
		return "timeZoneName", f.zoneText(at)
	}
	return "literal", t.text
}

// digits writes a number with at least two digits where two is 1.
func digits(n, two int) string {
	s := strconv.Itoa(n)
	if two == 1 && len(s) < 2 {
		return "0" + s
	}
	return s
}

// Resolved returns the resolved options of the format, in the order of ECMA-402.
func (f *DateFormat) Resolved() []Option {
	list := []Option{
		{"locale", f.locale.String()}, {"calendar", "gregory"}, {"numberingSystem", "latn"}, {"timeZone", f.zone.Name},
	}
	if f.cycle != "" {
		list = append(list, Option{"hourCycle", f.cycle}, Option{"hour12", f.cycle == "h11" || f.cycle == "h12"})
	}
	if f.styles != [2]string{} {
		for i, name := range []string{"dateStyle", "timeStyle"} {
			if f.styles[i] != "" {
				list = append(list, Option{name, f.styles[i]})
			}
		}
		return list
	}
	for _, field := range []struct{ name, letters string }{
		{"weekday", "E"},
		{"era", "G"},
		{"year", "y"},
		{"month", "ML"},
		{"day", "d"},
		{"hour", "KhHk"},
		{"minute", "m"},
		{"second", "s"},
		{"timeZoneName", "z"},
	} {
		i := slices.IndexFunc(f.pattern, func(t token) bool {
			return t.field != 0 && strings.IndexByte(field.letters, t.field) >= 0
		})
		if i >= 0 {
			list = append(list, Option{field.name, f.width(f.pattern[i])})
		}
	}
	return list
}

func (f *DateFormat) width(t token) string {
	switch t.field {
	case 'E':
		return f.data.Weekdays[t.n].Width
	case 'G':
		return f.data.Eras[t.n].Width
	case 'L':
		return f.data.Months[t.n].Width
	case 'z':
		return f.zoneName
	}
	return numberWidths[t.n]
}
