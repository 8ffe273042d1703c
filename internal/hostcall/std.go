package hostcall

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"callfn/internal/bindings"
	"callfn/internal/std"
)

// stdBudget bounds what a run may ask of the standard library.
var stdBudget = &budget{binding: "std", err: "StdError", calls: 64, each: 100 * time.Millisecond}

func usesStd(d bindings.Declaration) bool { return d.Std }

// stdVerbs are those of phone, holidays and hours. They compute here, since a worker that linked what they need would
// start slower and be larger by megabytes.
func stdVerbs() []verb {
	return []verb{
		{"std.phone", usesStd, stdBudget, stdPhone},
		{"std.holidays", usesStd, stdBudget, stdHolidays},
		{"std.open", usesStd, stdBudget, stdOpen},
	}
}

// stdPhone answers a number, or null for a text that is none.
func stdPhone(_ context.Context, _ *Run, args json.RawMessage) (any, error) {
	var number, region string
	if err := arguments(args, &number, &region); err != nil {
		return nil, err
	}
	parsed, err := std.ParseNumber(number, region)
	if parsed == nil {
		return nil, stdError(err)
	}
	return parsed, nil
}

func stdHolidays(_ context.Context, _ *Run, args json.RawMessage) (any, error) {
	var country string
	var year float64
	if err := arguments(args, &country, &year); err != nil {
		return nil, err
	}
	days, err := std.Holidays(country, int(min(max(year, -1e6), 1e6)))
	return days, stdError(err)
}

// stdOpen reports whether hours are open. The moment is milliseconds since 1970, or a text of RFC 3339; without a zone
// of their own the hours are in the run's.
func stdOpen(_ context.Context, r *Run, args json.RawMessage) (any, error) {
	var hours, moment json.RawMessage
	if err := arguments(args, &hours, &moment); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(r.Terms.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	at, err := momentOf(moment)
	if err != nil {
		return nil, stdError(err)
	}
	parsed, err := std.ParseHours(hours, zone)
	if err != nil {
		return nil, stdError(err)
	}
	open, err := parsed.Open(at)
	return open, stdError(err)
}

// maxMoment is the last millisecond that JavaScript's dates reach.
const maxMoment = 8.64e15

func momentOf(raw json.RawMessage) (time.Time, error) {
	var ms float64
	if json.Unmarshal(raw, &ms) == nil && ms >= -maxMoment && ms <= maxMoment {
		return time.UnixMilli(int64(ms)), nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, &std.Error{
		Reason: std.BadTime, Message: "the moment is a Date, or a text with its offset, such as 2026-12-24T18:05:00+01:00",
	}
}

// stdError makes an error of JavaScript of one about an argument.
func stdError(err error) error {
	var wrong *std.Error
	if errors.As(err, &wrong) {
		return &Error{Name: "StdError", Reason: string(wrong.Reason), Message: wrong.Message}
	}
	return err
}
