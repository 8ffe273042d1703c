package std_test

import (
	"slices"
	"strings"
	"testing"

	"callfn/internal/std"
)

func TestHolidays(t *testing.T) {
	for _, row := range []struct {
		country string
		year    int
		want    string // "2026-01-01 Neujahrstag" with * for a substitute, a line each
	}{
		{"DE-BY", 2026, `2026-01-01 Neujahrstag
2026-01-06 Heilige Drei Könige
2026-04-03 Karfreitag
2026-04-06 Ostermontag
2026-05-01 Tag der Arbeit
2026-05-14 Christi Himmelfahrt
2026-05-25 Pfingstmontag
2026-06-04 Fronleichnam
2026-10-03 Tag der Deutschen Einheit
2026-11-01 Allerheiligen
2026-12-25 Weihnachtstag
2026-12-26 Zweiter Weihnachtsfeiertag`},
		{"us", 2027, `2027-01-01 New Year's Day
2027-01-18 Martin Luther King Jr. Day
2027-02-15 Presidents' Day
2027-05-31 Memorial Day
2027-06-18* Juneteenth
2027-06-19 Juneteenth
2027-07-04 Independence Day
2027-07-05* Independence Day
2027-09-06 Labor Day
2027-10-11 Columbus Day
2027-11-11 Veterans Day
2027-11-25 Thanksgiving Day
2027-12-24* Christmas Day
2027-12-25 Christmas Day
2027-12-31* New Year's Day`},
	} {
		days, err := std.Holidays(row.country, row.year)
		if err != nil {
			t.Errorf("%s %d: %v", row.country, row.year, err)
		}
		var lines []string
		for _, day := range days {
			lines = append(lines, day.Date+map[bool]string{true: "*"}[day.Substitute]+" "+day.Name)
		}
		if got := strings.Join(lines, "\n"); got != row.want {
			t.Errorf("%s %d: got\n%s\nwant\n%s", row.country, row.year, got, row.want)
		}
	}
}

// TestHolidaysFollowLaws names days of single laws, most of them younger than the library's rules.
func TestHolidaysFollowLaws(t *testing.T) {
	for _, row := range []struct {
		country, date string
		want          bool
	}{
		{"DE-MV", "2026-03-08", true},
		{"DE-BE", "2026-03-08", true},
		{"DE-BB", "2026-03-08", false},
		{"DE-BE", "2025-05-08", true},
		{"DE-BE", "2026-05-08", false},
		{"DE-BE", "2028-06-17", true},
		{"DE-HH", "2026-10-31", true},
		{"DE-BY", "2026-10-31", false},
		{"DE-SN", "2026-11-18", true},
		{"DE-TH", "2026-09-20", true},
		{"DE-SL", "2026-08-15", true},
		{"DE-BW", "2026-06-04", true},
		{"PL", "2025-12-24", true},
		{"RO", "2026-01-06", true},
		{"RO", "2026-04-13", true},
		{"IT", "2025-10-04", false},
		{"IT", "2026-10-04", true},
		{"DK", "2026-05-01", false},
		{"SE", "2026-12-24", false},
		{"SE", "2026-06-06", true},
		{"GR", "2026-04-10", true},
		{"GB", "2026-12-28", true},
		{"IE", "2026-02-02", true},
		{"AT", "2026-10-26", true},
	} {
		days, err := std.Holidays(row.country, yearOf(t, row.date))
		if err != nil {
			t.Fatal(err)
		}
		got := slices.ContainsFunc(days, func(d std.Holiday) bool { return d.Date == row.date })
		if got != row.want {
			t.Errorf("%s is a holiday in %s: got %t, want %t", row.date, row.country, got, row.want)
		}
	}
}

func TestHolidaysOfUnknownYearsAndCountriesAreErrors(t *testing.T) {
	for _, country := range std.Countries() {
		for year := std.FirstYear; year <= std.LastYear; year++ {
			if days, err := std.Holidays(country, year); err != nil || len(days) < 8 {
				t.Errorf("%s %d: got %d days, %v, want at least 8", country, year, len(days), err)
			}
		}
		for _, year := range []int{std.FirstYear - 1, std.LastYear + 1, 0, -1, 1 << 40} {
			_, err := std.Holidays(country, year)
			wantReason(t, err, std.BadYear, "those of 2025 to 2036 are")
		}
	}
	for _, country := range []string{"", "XX", "DE-XX", "Germany", "CH"} {
		_, err := std.Holidays(country, 2026)
		wantReason(t, err, std.BadCountry, "DE-BY")
	}
}
