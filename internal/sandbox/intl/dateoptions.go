package intl

import (
	"slices"
	"strings"

	"callfn/internal/clip"
)

// DateOptions are the given options of Intl.DateTimeFormat, by name, as text. hour12 is "true" or "false".
type DateOptions map[string]string

// DateRequest is a request for a DateTimeFormat.
type DateRequest struct {
	Locales  []string    `json:"locales"`
	Options  DateOptions `json:"options"`
	Required string      `json:"required"` // "date", "time" or "any": the fields that make defaults superfluous
	Defaults string      `json:"defaults"` // "date", "time" or "all": the fields to add if none is given
	TimeZone string      `json:"-"`        // default time zone
}

var (
	textWidths   = []string{"narrow", "short", "long"}
	numberWidths = []string{"numeric", "2-digit"}
	monthWidths  = []string{"numeric", "2-digit", "narrow", "short", "long"}
	zoneWidths   = []string{"short", "long", "shortOffset", "longOffset"}
	styleLengths = []string{"full", "long", "medium", "short"}
)

// dateChoices are the supported values of options.
var dateChoices = map[string][]string{
	"weekday": textWidths, "era": textWidths, "year": numberWidths, "month": monthWidths, "day": numberWidths,
	"hour": numberWidths, "minute": numberWidths, "second": numberWidths,
	"timeZoneName": zoneWidths,
	"hourCycle":    hourCycles, "hour12": {"true", "false"},
	"dateStyle": styleLengths, "timeStyle": styleLengths,
	"calendar": {"gregory"}, "numberingSystem": {"latn"},
	"localeMatcher": {"lookup", "best fit"}, "formatMatcher": {"basic", "best fit"},
}

// refusedDateOptions are unsupported options of ECMA-402, with what to do instead.
var refusedDateOptions = map[string]string{
	"dayPeriod":              "use hour12, or choose the words by getHours()",
	"fractionalSecondDigits": "use getMilliseconds()",
}

// refusedDateValues are unsupported values of ECMA-402.
var refusedDateValues = map[string]string{
	"timeZoneName shortGeneric": `use "short" or "shortOffset"`,
	"timeZoneName longGeneric":  `use "long" or "longOffset"`,
}

var (
	dateFields = []string{"weekday", "year", "month", "day"}
	timeFields = []string{"hour", "minute", "second"}
)

// check refuses unsupported values, and styles together with fields.
func (o DateOptions) check() error {
	for _, name := range sortedKeys(o) {
		value := o[name]
		if advice, refused := refusedDateOptions[name]; refused {
			return rangeError("the option %s of dates is not available here: %s", name, advice)
		}
		if advice, refused := refusedDateValues[name+" "+value]; refused {
			return rangeError("%s: %q is not available here: %s", name, value, advice)
		}
		choices, known := dateChoices[name]
		if known && !slices.Contains(choices, value) {
			return rangeError("value %q out of range for the option %s of dates: available are %s",
				clip.Name(value), name, strings.Join(choices, ", "))
		}
	}
	style, with := "dateStyle", o["dateStyle"] != ""
	if !with {
		style, with = "timeStyle", o["timeStyle"] != ""
	}
	if !with {
		return nil
	}
	for _, name := range slices.Concat(dateFields, timeFields, []string{"era", "timeZoneName"}) {
		if o[name] != "" {
			return typeError("the option %s cannot be used with %s", name, style)
		}
	}
	return nil
}

// complete adds the default fields if none is given.
func (r DateRequest) complete() (DateOptions, error) {
	o := DateOptions{}
	for name, value := range r.Options {
		o[name] = value
	}
	has := func(fields []string) bool {
		return slices.ContainsFunc(fields, func(name string) bool { return o[name] != "" })
	}
	needed := true
	if r.Required == "date" || r.Required == "any" {
		needed = needed && !has(dateFields)
	}
	if r.Required == "time" || r.Required == "any" {
		needed = needed && !has(timeFields)
	}
	switch {
	case o["dateStyle"] != "" || o["timeStyle"] != "":
		needed = false
		if r.Required == "date" && o["timeStyle"] != "" {
			return nil, typeError("the option timeStyle cannot be used with toLocaleDateString")
		}
		if r.Required == "time" && o["dateStyle"] != "" {
			return nil, typeError("the option dateStyle cannot be used with toLocaleTimeString")
		}
	}
	if needed && (r.Defaults == "date" || r.Defaults == "all") {
		o["year"], o["month"], o["day"] = "numeric", "numeric", "numeric"
	}
	if needed && (r.Defaults == "time" || r.Defaults == "all") {
		o["hour"], o["minute"], o["second"] = "numeric", "numeric", "numeric"
	}
	return o, nil
}
