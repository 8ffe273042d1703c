package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// rangeTag is the struct tag of a flag that is a number or a duration: range:"1..1024". Either end may be left out.
const rangeTag = "range"

// checkRanges refuses flags that are out of range, all at once, by name.
func checkRanges(env environment, k *kong.Context) error {
	var wrong []error
	file := settingsFile(k)
	for _, flag := range k.Flags() {
		low, high, ok := rangeOf(flag)
		if !ok {
			continue
		}
		value, err := number(flag.Target)
		if err != nil {
			return fmt.Errorf("--%s: %w", flag.Name, err)
		}
		if low.holds && value < low.value || high.holds && value > high.value {
			from := ""
			if place := origin(env, k, flag, file); place != "" && place != fromCommandLine {
				from = " " + place
			}
			wrong = append(wrong, errorf("--%s %v%s: want %s", flag.Name, flag.Target.Interface(), from, rangeWords(flag)))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return usageError{errors.Join(wrong...)}
}

// bound is an end of a range.
type bound struct {
	value float64
	holds bool
}

// rangeOf reads a flag's range.
func rangeOf(flag *kong.Flag) (low, high bound, ok bool) {
	text := flag.Tag.Get(rangeTag)
	if text == "" {
		return low, high, false
	}
	from, to, _ := strings.Cut(text, "..")
	return boundOf(from), boundOf(to), true
}

func boundOf(text string) bound {
	if text == "" {
		return bound{}
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return bound{f, true}
	}
	d, err := parseDuration(text)
	if err != nil {
		panic("range " + text + ": " + err.Error()) // the tag is part of this program
	}
	return bound{float64(d), true}
}

// number returns the value of a flag that has a range; durations in nanoseconds.
func number(v reflect.Value) (float64, error) {
	switch {
	case v.CanInt():
		return float64(v.Int()), nil
	case v.CanUint():
		return float64(v.Uint()), nil
	case v.CanFloat():
		return v.Float(), nil
	}
	return 0, errorf("a %s has no range", v.Type())
}

// rangeWords describes a flag's range.
func rangeWords(flag *kong.Flag) string {
	from, to, _ := strings.Cut(flag.Tag.Get(rangeTag), "..")
	switch {
	case to == "":
		return from + " or more"
	case from == "":
		return "at most " + to
	}
	return "between " + from + " and " + to
}

// isNumber reports whether a flag is a number or a duration.
func isNumber(flag *kong.Flag) bool {
	switch flag.Target.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Float64:
		return true
	}
	return flag.Target.Type() == reflect.TypeFor[time.Duration]()
}
