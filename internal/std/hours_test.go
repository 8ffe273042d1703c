package std_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"callfn/internal/std"
)

func yearOf(t *testing.T, date string) int {
	t.Helper()
	year, err := strconv.Atoi(date[:4])
	if err != nil {
		t.Fatal(err)
	}
	return year
}

func TestOpen(t *testing.T) {
	const shop = `{"mon":"09:00-12:00, 13:00-17:00","tue":["9:00-12:00","13:00-17:00"],"thu":"09:00-17:00",
		"fri":"09:00-17:00","sat":"","sun":null,"holidays":"DE-BY","closed":["2026-12-24"]}`
	const bar = `{"fri":"22:00-04:00","sat":"22:00-00:00","holidays":["DE-BY","AT"]}`
	const night = `{"sat":"22:00-06:00","sun":"02:30-02:45"}`
	for _, row := range []struct {
		hours, zone, at string
		want            bool
	}{
		{shop, "Europe/Berlin", "2026-11-30T07:59:59Z", false}, // Monday, 08:59:59
		{shop, "Europe/Berlin", "2026-11-30T08:00:00Z", true},
		{shop, "Europe/Berlin", "2026-11-30T10:59:59Z", true},
		{shop, "Europe/Berlin", "2026-11-30T11:00:00Z", false},
		{shop, "Europe/Berlin", "2026-11-30T12:00:00Z", true},
		{shop, "Europe/Berlin", "2026-11-30T16:00:00Z", false},
		{shop, "America/New_York", "2026-11-30T08:00:00Z", false},
		{shop, "Europe/Berlin", "2026-12-01T08:00:00Z", true},  // Tuesday, a list
		{shop, "Europe/Berlin", "2026-12-02T08:00:00Z", false}, // Wednesday is absent
		{shop, "Europe/Berlin", "2026-12-05T08:00:00Z", false}, // Saturday is ""
		{shop, "Europe/Berlin", "2026-12-06T08:00:00Z", false}, // Sunday is null
		{shop, "Europe/Berlin", "2026-12-24T09:00:00Z", false}, // Thursday, closed
		{shop, "Europe/Berlin", "2026-12-25T09:00:00Z", false}, // Friday, a holiday
		{shop, "Europe/Berlin", "2026-12-31T09:00:00Z", true},
		{shop, "Europe/Berlin", "2026-07-06T07:00:00Z", true}, // summer time
		{shop, "Europe/Berlin", "2026-07-06T15:00:00Z", false},

		{bar, "Europe/Berlin", "2026-11-27T20:59:00Z", false},
		{bar, "Europe/Berlin", "2026-11-27T21:00:00Z", true}, // Friday, 22:00
		{bar, "Europe/Berlin", "2026-11-28T02:59:00Z", true}, // Saturday, 03:59
		{bar, "Europe/Berlin", "2026-11-28T03:00:00Z", false},
		{bar, "Europe/Berlin", "2026-11-28T22:59:00Z", true},
		{bar, "Europe/Berlin", "2026-11-28T23:00:00Z", false}, // Sunday, 00:00
		{bar, "Europe/Berlin", "2026-12-25T22:00:00Z", false}, // begins on a holiday
		{bar, "Europe/Berlin", "2026-12-26T01:00:00Z", false}, // began on a holiday
		{bar, "Europe/Berlin", "2026-10-02T23:00:00Z", true},  // began before a holiday

		// Europe/Berlin has 02:00 to 03:00 not on 2026-03-29 and twice on 2026-10-25.
		{night, "Europe/Berlin", "2026-03-29T00:59:00Z", true},
		{night, "Europe/Berlin", "2026-03-29T01:00:00Z", true}, // 03:00
		{night, "Europe/Berlin", "2026-03-29T03:59:00Z", true}, // 05:59
		{night, "Europe/Berlin", "2026-03-29T04:00:00Z", false},
		{night, "Europe/Berlin", "2026-10-25T04:59:00Z", true}, // 05:59
		{night, "Europe/Berlin", "2026-10-25T05:00:00Z", false},
		{`{"sun":"02:30-02:45"}`, "Europe/Berlin", "2026-10-25T00:30:00Z", true},
		{`{"sun":"02:30-02:45"}`, "Europe/Berlin", "2026-10-25T01:30:00Z", true},
		{`{"sun":"02:30-02:45"}`, "Europe/Berlin", "2026-10-25T01:50:00Z", false},
		{`{"sun":"02:30-04:00"}`, "Europe/Berlin", "2026-03-29T01:00:00Z", true}, // 03:00
		// Santiago's clocks have no midnight on 2026-09-06.
		{`{"sat":"20:00-02:00"}`, "America/Santiago", "2026-09-06T04:30:00Z", true}, // Sunday, 01:30
		{`{"sat":"20:00-02:00"}`, "America/Santiago", "2026-09-06T05:00:00Z", false},

		{`{}`, "UTC", "2026-11-30T12:00:00Z", false},
		{`{"mon":"00:00-24:00"}`, "UTC", "2026-11-30T00:00:00Z", true},
		{`{"mon":"00:00-24:00"}`, "UTC", "2026-11-30T23:59:59Z", true},
		{`{"mon":"00:00-24:00"}`, "UTC", "2026-12-01T00:00:00Z", false},
		{`{"mon":"09:00-10:00","zone":"Asia/Tokyo"}`, "UTC", "2026-11-30T00:30:00Z", true},
		{`{"mon":"09:00-10:00","zone":null}`, "UTC", "2026-11-30T09:30:00Z", true},
		{`{"mon":"09:00-10:00","holidays":"DE"}`, "UTC", "2050-01-01T09:30:00Z", false}, // a Saturday needs no calendar
	} {
		zone, err := time.LoadLocation(row.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, row.at)
		if err != nil {
			t.Fatal(err)
		}
		hours, err := std.ParseHours(json.RawMessage(row.hours), zone)
		if err != nil {
			t.Errorf("%s: %v", row.hours, err)
			continue
		}
		if got, err := hours.Open(at); err != nil || got != row.want {
			t.Errorf("%s at %s: got %t, %v, want %t", row.hours, at.In(zone), got, err, row.want)
		}
	}
}

func TestOpenOnDaysOfUnknownYearsIsAnError(t *testing.T) {
	hours, err := std.ParseHours(json.RawMessage(`{"mon":"09:00-17:00","holidays":"DE-BY"}`), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	open, err := hours.Open(time.Date(2037, 1, 5, 12, 0, 0, 0, time.UTC)) // a Monday
	if open {
		t.Error("got open, want an error")
	}
	wantReason(t, err, std.BadYear, "2037")
}

func TestParseHoursRefuses(t *testing.T) {
	for _, row := range []struct {
		hours  string
		reason std.Reason
		part   string
	}{
		{`null`, std.BadHours, "an object"},
		{`[]`, std.BadHours, "an object"},
		{`"09:00-17:00"`, std.BadHours, "an object"},
		{`{"mon":9}`, std.BadHours, "mon is a text"},
		{`{"mon":[9]}`, std.BadHours, "mon is a text"},
		{`{"mon":"9-17"}`, std.BadHours, `"9-17" is no span`},
		{`{"mon":"09:00"}`, std.BadHours, "no span"},
		{`{"mon":"09:00-25:00"}`, std.BadHours, "no span"},
		{`{"mon":"09:60-17:00"}`, std.BadHours, "no span"},
		{`{"mon":"24:00-25:00"}`, std.BadHours, "no span"},
		{`{"mon":"09:00-09:00"}`, std.BadHours, "no span"},
		{`{"mon":"-1:00-09:00"}`, std.BadHours, "no span"},
		{`{"mon":"09:00-17:00;"}`, std.BadHours, "no span"},
		{`{"monday":"09:00-17:00"}`, std.BadHours, `no member "monday"`},
		{`{"holiday":"DE"}`, std.BadHours, "did you mean holidays?"},
		{`{"holidays":"Bavaria"}`, std.BadCountry, "DE-BY"},
		{`{"holidays":{}}`, std.BadHours, "holidays is a text"},
		{`{"closed":"24.12.2026"}`, std.BadHours, "is no date"},
		{`{"closed":["2026-02-30"]}`, std.BadHours, "is no date"},
		{`{"closed":[` + strings.Repeat(`"2026-12-24",`, 400) + `"2026-12-24"]}`, std.BadHours, "more than 400 days"},
		{`{"zone":"Mars/Base"}`, std.BadZone, "Mars/Base"},
		{`{"zone":"Local"}`, std.BadZone, "Europe/Berlin"},
		{`{"zone":"../../etc/passwd"}`, std.BadZone, "no time zone"},
		{`{"mon":"` + strings.Repeat(" ", 17<<10) + `"}`, std.BadHours, "more than 16384 bytes"},
	} {
		_, err := std.ParseHours(json.RawMessage(row.hours), time.UTC)
		wantReason(t, err, row.reason, row.part)
	}
}

func FuzzParseHours(f *testing.F) {
	f.Add([]byte(`{"mon":"09:00-12:00, 13:00-17:00","holidays":["DE-BY"],"closed":"2026-12-24","zone":"UTC"}`), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, at int64) {
		hours, err := std.ParseHours(text, time.UTC)
		if err == nil {
			_, _ = hours.Open(time.UnixMilli(at % 4e12))
		}
	})
}
