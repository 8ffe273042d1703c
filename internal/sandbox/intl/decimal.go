package intl

import (
	"strconv"
	"strings"
)

// decimal is a number in decimal digits: 0.digits × 10^exponent. Zero has no digits. The first digit is not 0.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// maxExponent exceeds the exponents of JavaScript's numbers.
const maxExponent = 400

// parseDecimal reads a number in JavaScript's notation, "-1.5e-7", with any number of digits.
func parseDecimal(text string) (d decimal, ok bool) {
	if rest, cut := strings.CutPrefix(text, "-"); cut {
		d.negative, text = true, rest
	} else {
		text = strings.TrimPrefix(text, "+")
	}
	text, power, scientific := strings.Cut(strings.ToLower(text), "e")
	if scientific {
		n, err := strconv.Atoi(power)
		if err != nil || n > maxExponent || n < -maxExponent {
			return d, false
		}
		d.exponent = n
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if whole+fraction == "" || !every(whole+fraction, isDigit) {
		return d, false
	}
	d.digits = strings.TrimLeft(whole+fraction, "0")
	d.exponent += len(whole) - (len(whole+fraction) - len(d.digits))
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		d.exponent = 0
	}
	return d, true
}

// round keeps keep digits. Halves are rounded away from zero.
func (d decimal) round(keep int) decimal {
	if keep >= len(d.digits) {
		return d
	}
	up := keep >= 0 && d.digits[keep] >= '5'
	kept := []byte(d.digits[:max(keep, 0)])
	if up {
		i := len(kept) - 1
		for ; i >= 0 && kept[i] == '9'; i-- {
			kept[i] = '0'
		}
		if i >= 0 {
			kept[i]++
		} else {
			kept = append([]byte{'1'}, kept...)
			d.exponent++
		}
	}
	d.digits = strings.TrimRight(string(kept), "0")
	if d.digits == "" {
		d.exponent = 0
	}
	return d
}

// fixed returns the digits before and after the point, with at least the given number of each.
func (d decimal) fixed(leastWhole, leastFraction int) (whole, fraction string) {
	switch {
	case d.digits == "":
	case d.exponent <= 0:
		fraction = strings.Repeat("0", -d.exponent) + d.digits
	case d.exponent >= len(d.digits):
		whole = d.digits + strings.Repeat("0", d.exponent-len(d.digits))
	default:
		whole, fraction = d.digits[:d.exponent], d.digits[d.exponent:]
	}
	whole = strings.Repeat("0", max(0, leastWhole-len(whole))) + whole
	fraction += strings.Repeat("0", max(0, leastFraction-len(fraction)))
	return whole, fraction
}
