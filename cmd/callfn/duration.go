package main

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// days matches the days of a duration such as 7d or 1d12h, which Go's notation lacks.
var days = regexp.MustCompile(`^([-+]?)(\d+(?:\.\d+)?)d(.*)$`)

// parseDuration reads a duration such as 90s, 12h or 7d.
func parseDuration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	parts := days.FindStringSubmatch(text)
	if parts == nil {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, errorf("%q is no time such as 90s, 12h or 7d", text)
		}
		return d, nil
	}
	n, err := strconv.ParseFloat(parts[2], 64)
	rest := time.Duration(0)
	if err == nil && parts[3] != "" {
		rest, err = time.ParseDuration(parts[3])
	}
	const most = 100 * 365
	if err != nil || n > most || rest < 0 {
		return 0, errorf("%q is no time such as 90s, 12h or 7d", text)
	}
	d := time.Duration(n*float64(24*time.Hour)) + rest
	if parts[1] == "-" {
		d = -d
	}
	return d, nil
}

// durations makes kong read flags that are durations with parseDuration.
func durations() kong.Option {
	return kong.TypeMapper(reflect.TypeFor[time.Duration](),
		kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
			var text string
			if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
				return err
			}
			d, err := parseDuration(text)
			if err == nil {
				target.SetInt(int64(d))
			}
			return err
		}))
}
