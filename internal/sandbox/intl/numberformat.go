package intl

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"callfn/internal/clip"
)

// numberData is a locale's notation of numbers. In patterns # is the number, ¤ the currency, - the minus sign and % the
// percent sign.
type numberData struct {
	Decimal string `json:"decimal"`
	Group   string `json:"group"`
	// MinimumGrouping is the least number of digits before the first separator.
	MinimumGrouping      int               `json:"minimumGrouping"`
	SecondaryGrouping    int               `json:"secondaryGrouping"`
	CurrencyGroup        string            `json:"currencyGroup"`
	CurrencyDecimal      string            `json:"currencyDecimal"`
	Minus                string            `json:"minus"`
	Plus                 string            `json:"plus"`
	NaN                  string            `json:"nan"`
	Infinity             string            `json:"infinity"`
	PercentSign          string            `json:"percentSign"`
	Percent              string            `json:"percent"`
	NegativePercent      string            `json:"negativePercent"`
	Currency             string            `json:"currency"`
	NegativeCurrency     string            `json:"negativeCurrency"`
	CurrencyCode         string            `json:"currencyCode"`
	NegativeCurrencyCode string            `json:"negativeCurrencyCode"`
	Symbols              map[string]string `json:"symbols"` // of currencies that are not written as their code
	Digits               map[string]int    `json:"digits"`  // of fractions, for currencies that do not have two
}

// NumberOptions are the given options of Intl.NumberFormat, by name, as text.
type NumberOptions map[string]string

// NumberRequest is a request for a NumberFormat.
type NumberRequest struct {
	Locales []string      `json:"locales"`
	Options NumberOptions `json:"options"`
}

// numberChoices are the supported values of options.
var numberChoices = map[string][]string{
	"style": {"decimal", "percent", "currency"}, "currencyDisplay": {"symbol", "code"}, "currencySign": {"standard"},
	"notation": {"standard"}, "signDisplay": {"auto", "always", "never", "exceptZero", "negative"},
	"numberingSystem": {"latn"},
	"useGrouping":     {"true", "false", "auto", "always", "min2"}, "localeMatcher": {"lookup", "best fit"},
	"roundingMode": {"halfExpand"}, "roundingPriority": {"auto"}, "roundingIncrement": {"1"},
	"trailingZeroDisplay": {"auto"},
}

// refusedNumberOptions are unsupported options of ECMA-402, with what to do instead.
var refusedNumberOptions = map[string]string{
	"unit": "write the unit behind the number",
}

// NumberFormat is an Intl.NumberFormat.
type NumberFormat struct {
	locale                            Locale
	data                              numberData
	style, currency, display          string
	grouping, sign                    string
	leastWhole                        int
	leastFraction, mostFraction       int
	leastSignificant, mostSignificant int // 0 if fraction digits apply
}

// NewNumberFormat returns a format for locales and options. The error is an *Error.
func NewNumberFormat(r NumberRequest) (*NumberFormat, error) {
	f := &NumberFormat{}
	var err error
	if f.locale, err = FindLocale(r.Locales); err != nil {
		return nil, err
	}
	f.locale.hourCycle = ""
	if err := r.Options.check(); err != nil {
		return nil, err
	}
	data, err := dataOf(f.locale.data)
	if err != nil {
		return nil, err
	}
	f.data = data.Numbers
	o := r.Options
	f.style, f.display = cmp.Or(o["style"], "decimal"), cmp.Or(o["currencyDisplay"], "symbol")
	f.grouping, f.sign = cmp.Or(o["useGrouping"], "auto"), cmp.Or(o["signDisplay"], "auto")
	f.currency = strings.ToUpper(o["currency"])
	if f.currency != "" && (len(f.currency) != 3 || !every(f.currency, unicode.IsUpper)) {
		return nil, rangeError("invalid currency code: %q", clip.Name(o["currency"]))
	}
	if f.style == "currency" && f.currency == "" {
		return nil, typeError("currency code is required with currency style")
	}
	return f, f.setDigits(o)
}

func (o NumberOptions) check() error {
	for _, name := range sortedKeys(o) {
		value := o[name]
		if advice, refused := refusedNumberOptions[name]; refused {
			return rangeError("the option %s of numbers is not available here: %s", name, advice)
		}
		if choices, known := numberChoices[name]; known && !slices.Contains(choices, value) {
			return rangeError("value %q out of range for the option %s of numbers: available are %s",
				clip.Name(value), name, strings.Join(choices, ", "))
		}
	}
	return nil
}

// setDigits is ECMA-402's SetNumberFormatDigitOptions.
func (f *NumberFormat) setDigits(o NumberOptions) error {
	var err error
	number := func(name string, least, most, otherwise int) int {
		if o[name] == "" || err != nil {
			return otherwise
		}
		v, bad := strconv.ParseFloat(o[name], 64)
		if bad != nil || !(v >= float64(least)) || v > float64(most) {
			err = rangeError("%s value is out of range: %d to %d", name, least, most)
			return otherwise
		}
		return int(v)
	}
	least, most := 0, 3
	switch f.style {
	case "percent":
		most = 0
	case "currency":
		least = 2
		if n, own := f.data.Digits[f.currency]; own {
			least = n
		}
		most = least
	}
	f.leastWhole = number("minimumIntegerDigits", 1, 21, 1)
	if o["minimumSignificantDigits"] != "" || o["maximumSignificantDigits"] != "" {
		f.leastSignificant = number("minimumSignificantDigits", 1, 21, 1)
		f.mostSignificant = number("maximumSignificantDigits", f.leastSignificant, 21, 21)
		return err
	}
	given, mostGiven := o["minimumFractionDigits"] != "", o["maximumFractionDigits"] != ""
	f.leastFraction = number("minimumFractionDigits", 0, 100, least)
	f.mostFraction = number("maximumFractionDigits", 0, 100, most)
	switch {
	case !given && mostGiven:
		f.leastFraction = min(least, f.mostFraction)
	case given && !mostGiven:
		f.mostFraction = max(most, f.leastFraction)
	case f.leastFraction > f.mostFraction && err == nil:
		return rangeError("maximumFractionDigits value is out of range: it is less than minimumFractionDigits")
	}
	return err
}

// Format formats a number in JavaScript's notation; "-0" is the negative zero.
func (f *NumberFormat) Format(number string) string {
	var b strings.Builder
	for _, p := range f.Parts(number) {
		b.WriteString(p[1])
	}
	return b.String()
}

// Parts formats a number in pieces.
func (f *NumberFormat) Parts(number string) []Part {
	negative := strings.HasPrefix(number, "-")
	var body []Part
	zero := false
	switch strings.TrimPrefix(number, "-") {
	case "Infinity":
		body = []Part{{"infinity", f.data.Infinity}}
	default:
		d, ok := parseDecimal(number)
		if !ok {
			body, negative, zero = []Part{{"nan", f.data.NaN}}, false, true
			break
		}
		if f.style == "percent" && d.digits != "" {
			d.exponent += 2
		}
		body, zero = f.number(d)
	}
	return f.surround(body, f.signOf(negative, zero))
}

// signOf returns the sign: "-", "+" or none.
func (f *NumberFormat) signOf(negative, zero bool) string {
	switch {
	case f.sign == "never", f.sign == "exceptZero" && zero, f.sign == "negative" && zero:
		return ""
	case negative:
		return "-"
	case f.sign == "always", f.sign == "exceptZero":
		return "+"
	}
	return ""
}

// number rounds and formats the digits. zero reports whether only zeros remain.
func (f *NumberFormat) number(d decimal) (parts []Part, zero bool) {
	leastFraction := f.leastFraction
	if f.mostSignificant > 0 {
		d = d.round(f.mostSignificant)
		leastFraction = f.leastSignificant - max(d.exponent, 0)
		if d.exponent < 0 && d.digits != "" {
			leastFraction = f.leastSignificant - d.exponent
		}
		if d.digits == "" {
			leastFraction = f.leastSignificant - 1
		}
	} else {
		d = d.round(d.exponent + f.mostFraction)
	}
	whole, fraction := d.fixed(f.leastWhole, max(leastFraction, 0))
	if whole == "" {
		whole = "0"
	}
	point, group := f.data.Decimal, f.data.Group
	if f.style == "currency" {
		point, group = f.data.CurrencyDecimal, f.data.CurrencyGroup
	}
	for i, digits := range f.groups(whole) {
		if i > 0 {
			parts = append(parts, Part{"group", group})
		}
		parts = append(parts, Part{"integer", digits})
	}
	if fraction != "" {
		parts = append(parts, Part{"decimal", point}, Part{"fraction", fraction})
	}
	return parts, d.digits == ""
}

// groups splits the digits before the point into groups.
func (f *NumberFormat) groups(whole string) []string {
	least := f.data.MinimumGrouping
	switch f.grouping {
	case "false":
		return []string{whole}
	case "always", "true":
		least = 1
	case "min2":
		least = 2
	}
	const primary = 3
	if len(whole) < primary+least {
		return []string{whole}
	}
	list := []string{whole[len(whole)-primary:]}
	for whole = whole[:len(whole)-primary]; len(whole) > f.data.SecondaryGrouping; {
		cut := len(whole) - f.data.SecondaryGrouping
		list = append(list, whole[cut:])
		whole = whole[:cut]
	}
	if whole != "" {
		list = append(list, whole)
	}
	slices.Reverse(list)
	return list
}

// surround adds sign, percent sign and currency to the digits.
func (f *NumberFormat) surround(body []Part, sign string) []Part {
	pattern, symbol := "#", ""
	if sign != "" {
		pattern = "-#"
	}
	choose := func(positive, negative string) string {
		if sign != "" {
			return negative
		}
		return positive
	}
	switch f.style {
	case "percent":
		pattern = choose(f.data.Percent, f.data.NegativePercent)
	case "currency":
		symbol = f.currency
		if s, own := f.data.Symbols[f.currency]; own && f.display == "symbol" {
			symbol = s
		}
		pattern = choose(f.data.Currency, f.data.NegativeCurrency)
		if isWord(symbol) && body[0][0] == "integer" {
			pattern = choose(f.data.CurrencyCode, f.data.NegativeCurrencyCode)
		}
	}
	var parts []Part
	for _, c := range pattern {
		switch c {
		case '#':
			parts = append(parts, body...)
		case '¤':
			parts = append(parts, Part{"currency", symbol})
		case '%':
			parts = append(parts, Part{"percentSign", f.data.PercentSign})
		case '-':
			if sign == "+" {
				parts = append(parts, Part{"plusSign", f.data.Plus})
			} else {
				parts = append(parts, Part{"minusSign", f.data.Minus})
			}
		default:
			if n := len(parts); n > 0 && parts[n-1][0] == "literal" {
				parts[n-1][1] += string(c)
				continue
			}
			parts = append(parts, Part{"literal", string(c)})
		}
	}
	return parts
}

// isWord reports whether a currency ends in a letter or a dot, so that a space must separate it from digits.
func isWord(symbol string) bool {
	r, _ := utf8.DecodeLastRuneInString(symbol)
	return unicode.IsLetter(r) || r == '.'
}

// Resolved returns the resolved options of the format, in the order of ECMA-402.
func (f *NumberFormat) Resolved() []Option {
	list := []Option{{"locale", f.locale.String()}, {"numberingSystem", "latn"}, {"style", f.style}}
	if f.style == "currency" {
		list = append(list, Option{"currency", f.currency}, Option{"currencyDisplay", f.display},
			Option{"currencySign", "standard"})
	}
	list = append(list, Option{"minimumIntegerDigits", f.leastWhole})
	if f.mostSignificant > 0 {
		list = append(list, Option{"minimumSignificantDigits", f.leastSignificant},
			Option{"maximumSignificantDigits", f.mostSignificant})
	} else {
		list = append(list, Option{"minimumFractionDigits", f.leastFraction},
			Option{"maximumFractionDigits", f.mostFraction})
	}
	var grouping any = f.grouping
	switch f.grouping {
	case "false":
		grouping = false
	case "true":
		grouping = "always"
	}
	return append(list, Option{"useGrouping", grouping}, Option{"notation", "standard"}, Option{"signDisplay", f.sign},
		Option{"roundingIncrement", 1}, Option{"roundingMode", "halfExpand"}, Option{"roundingPriority", "auto"},
		Option{"trailingZeroDisplay", "auto"})
}
