package std

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"

	"callfn/internal/clip"
)

// FirstYear and LastYear bound the years whose holidays are known. Laws change: the rules were reviewed in 2026 and are
// trusted for ten years; single days of the years before 2025 were not reviewed.
const (
	FirstYear = 2025
	LastYear  = 2036
)

// Holiday is a day on which a country or state has a public holiday.
type Holiday struct {
	Date string `json:"date"` // "2026-01-01"
	Name string `json:"name"` // in the country's language
	// Substitute marks a day off in place of a holiday that falls on a weekend.
	Substitute bool `json:"substitute"`
}

// Holidays lists the public holidays of a country ("AT") or state ("DE-BY") in a year, in order. An *Error says that
// the country or the year is not known; no answer ever means "no holiday" by lack of data.
func Holidays(country string, year int) ([]Holiday, error) {
	rules, err := calendar(country)
	if err != nil {
		return nil, err
	}
	if year < FirstYear || year > LastYear {
		return nil, &Error{BadYear, fmt.Sprintf("the holidays of %d are not known: those of %d to %d are",
			year, FirstYear, LastYear)}
	}
	days := []Holiday{}
	for _, rule := range rules {
		for y := year - 1; y <= year+1; y++ { // New Year's Day can have its substitute in the year before
			actual, observed := rule.Calc(y)
			if actual.IsZero() {
				continue
			}
			if at := dateOf(actual); at.Year() == year {
				days = append(days, Holiday{Date: at.Format(time.DateOnly), Name: rule.Name})
			}
			if at := dateOf(observed); !observed.Equal(actual) && at.Year() == year {
				days = append(days, Holiday{Date: at.Format(time.DateOnly), Name: rule.Name, Substitute: true})
			}
		}
	}
	slices.SortStableFunc(days, func(a, b Holiday) int { return cmp.Compare(a.Date, b.Date) })
	return days, nil
}

// dateOf gives the date of what a rule calculated, which is the beginning of the day in the machine's zone, or an hour
// beside it where that day has no midnight.
func dateOf(start time.Time) time.Time { return start.Add(2 * time.Hour) }

// Countries lists the countries and states whose holidays are known.
func Countries() []string { return slices.Sorted(maps.Keys(calendars)) }

// calendar finds the rules of a country or state.
func calendar(country string) ([]*cal.Holiday, error) {
	rules, known := calendars[strings.ToUpper(country)]
	if !known {
		return nil, &Error{BadCountry, fmt.Sprintf("no holidays of %q are known: those of %s are", clip.Name(country),
			strings.Join(Countries(), ", "))}
	}
	return rules, nil
}
