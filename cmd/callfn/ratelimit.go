package main

import (
	"fmt"
	"math"
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
		return nil
	case "kazoo":
		*l = rateLimit(crossbar.KazooRateLimit())
		return nil
	default:
		burst, perSecond, _ := strings.Cut(word, "/")
		b, err1 := strconv.Atoi(burst)
		p, err2 := strconv.ParseFloat(perSecond, 64)
		if err1 != nil || err2 != nil || b < 1 || b > 1e9 || math.IsNaN(p) || p <= 0 || p > 1e9 {
			return errorf("%q: want off, kazoo, or BURST/PER_SECOND such as 2000/500", word)
		}
		*l = rateLimit{Burst: b, PerSecond: p}
		return nil
	}
}
