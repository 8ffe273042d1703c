package callflow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"callfn/internal/clip"
)

// gregorianEpoch is 1970 in KAZOO's gregorian seconds.
const gregorianEpoch = 62_167_219_200

// gregorian returns a moment in gregorian seconds.
func gregorian(t time.Time) int64 { return t.Unix() + gregorianEpoch }

// temporalRule is a rule document (cf_temporal_route.hrl). Dates are midnights in UTC, whatever the zone they mean.
type temporalRule struct {
	cycle    string
	interval int
	start    time.Time
	days     []int
	wdays    []int // 1 for Monday to 7 for Sunday, sorted
	ordinal  string
	month    int
	from, to time.Duration // of the day; both ends belong to the window
}

// errRule reports a rule that KAZOO cannot evaluate: there it crashes the module.
var errRule = errors.New("a monthly or yearly rule names days, or an ordinal and exactly one weekday")

// ruleOf reads a rule. wall is the local time in the form of parseRule's dates, and zone the zone in which start_date
// is read.
func ruleOf(doc Data, wall time.Time, zone *time.Location) temporalRule {
	r := temporalRule{
		cycle:    doc.String("cycle"),
		interval: int(min(max(doc.Int("interval", 1), 1), 10_000)),
		start:    dateOf(wall),
		ordinal:  cmp.Or(doc.String("ordinal"), "first"),
		month:    int(min(max(doc.Int("month", 1), 1), 12)),
		from:     doc.seconds("time_window_start", 0),
		to:       doc.seconds("time_window_stop", 24*time.Hour),
	}
	if s := doc.Int("start_date", -1); s >= 0 {
		r.start = dateOf(time.Unix(min(s, gregorianEpoch+32_503_680_000)-gregorianEpoch, 0).In(zone))
	}
	days, _ := doc["days"].([]any)
	for _, day := range days[:min(len(days), 31)] {
		r.days = append(r.days, int(min(max(Data{"d": day}.Int("d", 1), 1), 31)))
	}
	slices.Sort(r.days) // KAZOO does not sort them
	for _, name := range doc.Strings("wdays") {
		if day := slices.Index(weekdays, name); day >= 0 {
			r.wdays = append(r.wdays, day+1)
		} else if name == "wensday" { // KAZOO's own spelling, still in documents
			r.wdays = append(r.wdays, 3)
		}
	}
	slices.Sort(r.wdays)
	if len(r.wdays) == 0 {
		r.wdays = []int{1, 2, 3, 4, 5, 6, 7}
	}
	return r
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func dateOf(t time.Time) time.Time { return day(t.Year(), int(t.Month()), t.Day()) }

// day returns a date. Months and days beyond their range carry over.
func day(year, month, d int) time.Time {
	return time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC)
}

// dow returns the weekday, 1 for Monday to 7 for Sunday.
func dow(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

func daysBetween(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// applies reports whether the rule holds at the local time wall (cf_temporal_route:process_rules).
func (r temporalRule) applies(wall time.Time) (bool, error) {
	today := dateOf(wall)
	search := today
	if r.cycle != "weekly" { // the weekly rules look from today, all others from yesterday
		search = today.AddDate(0, 0, -1)
	}
	base, err := r.next(search)
	if err != nil {
		return false, err
	}
	return !wall.Before(base.Add(r.from)) && !wall.After(base.Add(r.to)), nil
}

// next returns the first day after search on which the rule holds, as KAZOO finds it
// (cf_temporal_route:next_rule_date).
func (r temporalRule) next(search time.Time) (time.Time, error) {
	switch r.cycle {
	case "date":
		return r.start, nil
	case "daily":
		passed := daysBetween(r.start, search) / r.interval * r.interval
		return r.start.AddDate(0, 0, passed+r.interval), nil
	case "weekly":
		return r.nextWeekly(search), nil
	case "monthly":
		return r.nextMonthly(search)
	case "yearly":
		return r.nextYearly(search)
	}
	return time.Time{}, fmt.Errorf("there is no cycle %q", clip.Text(r.cycle, 40))
}

func (r temporalRule) nextWeekly(today time.Time) time.Time {
	if today.Before(r.start) {
		today = r.start
	}
	weeks := daysBetween(monday(r.start), monday(today)) / 7
	passed := weeks / r.interval * r.interval
	if weeks == passed {
		for _, wday := range r.wdays {
			if wday >= dow(today) {
				return today.AddDate(0, 0, wday-dow(today))
			}
		}
	}
	return monday(r.start).AddDate(0, 0, 7*(passed+r.interval)+r.wdays[0]-1)
}

func monday(t time.Time) time.Time { return t.AddDate(0, 0, 1-dow(t)) }

func (r temporalRule) nextMonthly(search time.Time) (time.Time, error) {
	year, month := search.Year(), int(search.Month())
	startYear, startMonth := r.start.Year(), int(r.start.Month())
	distance := (year-startYear)*12 + month - startMonth
	passed := distance / r.interval * r.interval
	active, later := distance == passed, startMonth+passed+r.interval
	if len(r.days) > 0 {
		for _, d := range r.days {
			if active && d > search.Day() {
				return day(startYear, startMonth+passed, d), nil
			}
		}
		return day(startYear, later, r.days[0]), nil
	}
	if len(r.wdays) != 1 {
		return time.Time{}, errRule
	}
	wday := r.wdays[0]
	switch r.ordinal {
	case "every":
		next := nextWeekday(search, wday)
		if active && (sameMonth(next, search) || r.interval == 1) {
			return next, nil
		}
		return ordinalWeekday(startYear, later, wday, 0), nil
	case "last":
		if last := lastWeekday(year, month, wday); active && search.Day() < last.Day() {
			return last, nil
		}
		return lastWeekday(startYear, later, wday), nil
	}
	found := ordinalWeekday(year, month, wday, r.position())
	inMonth := int(found.Month()) == month
	if active && ((inMonth && search.Day() < found.Day()) || (r.interval == 1 && (search.Day() < found.Day() ||
		month < int(found.Month())))) {
		return found, nil
	}
	return ordinalWeekday(startYear, later, wday, r.position()), nil
}

func (r temporalRule) nextYearly(search time.Time) (time.Time, error) {
	year, month := search.Year(), int(search.Month())
	distance := year - r.start.Year()
	passed := distance / r.interval * r.interval
	active, later := distance == passed, r.start.Year()+passed+r.interval
	if len(r.days) > 0 {
		switch {
		case active && month < r.month:
			return day(year, r.month, r.days[0]), nil
		case active && month == r.month:
			for _, d := range r.days {
				if d > search.Day() {
					return day(year, r.month, d), nil
				}
			}
		}
		return day(later, r.month, r.days[0]), nil
	}
	if len(r.wdays) != 1 {
		return time.Time{}, errRule
	}
	wday := r.wdays[0]
	var found, next time.Time
	switch r.ordinal {
	case "every":
		found, next = nextWeekday(day(year, r.month, search.Day()), wday), ordinalWeekday(later, r.month, wday, 0)
	case "last":
		found, next = lastWeekday(year, r.month, wday), lastWeekday(later, r.month, wday)
	default:
		found, next = ordinalWeekday(year, r.month, wday, r.position()), r.nextYearlyOrdinal(later, wday)
	}
	if active && found.Year() == year && int(found.Month()) == r.month &&
		(month < r.month || (month == r.month && search.Day() < found.Day())) {
		return found, nil
	}
	return next, nil
}

// nextYearlyOrdinal finds the first year that has such a day in the month, such as a fifth Sunday.
func (r temporalRule) nextYearlyOrdinal(year, wday int) time.Time {
	for range 400 { // the calendar repeats
		if found := ordinalWeekday(year, r.month, wday, r.position()); int(found.Month()) == r.month {
			return found
		}
		year += r.interval
	}
	return day(9999, 1, 1)
}

// position returns the ordinal's number from 0.
func (r temporalRule) position() int {
	return max(0, slices.Index([]string{"first", "second", "third", "fourth", "fifth"}, r.ordinal))
}

func sameMonth(a, b time.Time) bool { return a.Year() == b.Year() && a.Month() == b.Month() }

// nextWeekday returns the next such day after t (kz_date:find_next_weekday).
func nextWeekday(t time.Time, wday int) time.Time {
	return t.AddDate(0, 0, (wday-dow(t)+6)%7+1)
}

// ordinalWeekday returns the nth such day of a month, from 0. A fifth that the month lacks falls in the next one.
func ordinalWeekday(year, month, wday, n int) time.Time {
	first := day(year, month, 1)
	return first.AddDate(0, 0, (wday-dow(first)+7)%7+7*n)
}

func lastWeekday(year, month, wday int) time.Time {
	fifth := ordinalWeekday(year, month, wday, 4)
	if sameMonth(fifth, day(year, month, 1)) {
		return fifth
	}
	return fifth.AddDate(0, 0, -7)
}
