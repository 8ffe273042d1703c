package main

import (
	"fmt"
	"strconv"
	"strings"

	"callfn/crossbar"
)

// rateLimit is how many requests an account may send from one address.
type rateLimit crossbar.RateLimit

// String returns the limit in the form that UnmarshalText reads.
func (l rateLimit) String() string {
	if l.PerSecond < 0 {
		return "off"
	}
	return fmt.Sprintf("%d/%g", l.Burst, l.PerSecond)
}

// UnmarshalText reads BURST/PER_SECOND, or a name: kazoo for KAZOO's default, off for no limit.
func (l *rateLimit) UnmarshalText(text []byte) error {
	switch word := string(text); word {
	case "off":
		*l = rateLimit{PerSecond: -1}
	case "kazoo":
		*l = rateLimit(crossbar.KazooRateLimit())
	default:
		limit, ok := parseRate(word)
		if !ok {
			return errorf("%q: want off, kazoo, or BURST/PER_SECOND such as 2000/500", word)
		}
		*l = limit
	}
	return nil
}

// parseRate reads BURST/PER_SECOND: two numbers above 0 and up to 1e9.
func parseRate(text string) (limit rateLimit, ok bool) {
	burst, perSecond, _ := strings.Cut(text, "/")
	var err error
	if limit.Burst, err = strconv.Atoi(burst); err != nil || limit.Burst < 1 || limit.Burst > 1e9 {
		return limit, false
	}
	limit.PerSecond, err = strconv.ParseFloat(perSecond, 64)
	return limit, err == nil && limit.PerSecond > 0 && limit.PerSecond <= 1e9 // not NaN
}
