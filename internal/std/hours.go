package std

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/nearest"
)

// maxHours bounds a description of hours, in bytes of JSON, and maxClosed its single days.
const (
	maxHours  = 16 << 10
	maxClosed = 400
)

// Hours are when something is open, week by week. Times are those of a clock on the wall in Zone: where clocks are
// turned back, an hour that comes twice counts twice.
type Hours struct {
	week     [7][]span // by the weekday on which a span begins
	holidays []string  // countries and states whose holidays are closed
	closed   []string  // further dates
	zone     *time.Location
}

// span is minutes of the clock; to ≤ from ends on the next day.
type span struct{ from, to int }

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // by time.Weekday

// ParseHours reads {"mon": "09:00-12:00, 13:00-17:00", …, "holidays": "DE-BY", "closed": ["2026-12-24"], "zone":
// "Europe/Berlin"}. A day that is absent, null or "" is closed. A span may end on the next day ("22:00-06:00") and
// belongs to the day on which it begins; "00:00-24:00" is a whole day. holidays takes a list too. Without a zone, zone
// counts. An *Error says what cannot be read.
func ParseHours(text json.RawMessage, zone *time.Location) (*Hours, error) {
	if len(text) > maxHours {
		return nil, badHours("hours of more than %d bytes", maxHours)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return nil, badHours("hours are an object: {mon: '09:00-17:00', …}")
	}
	h := &Hours{zone: zone}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := h.member(name, members[name]); err != nil {
			return nil, err
		}
	}
	for _, country := range h.holidays {
		if _, err := calendar(country); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *Hours) member(name string, value json.RawMessage) (err error) {
	if string(value) == "null" {
		return nil
	}
	switch name {
	case "zone":
		return h.inZone(value)
	case "holidays":
		h.holidays, err = textsOf(name, value)
		return err
	case "closed":
		h.closed, err = textsOf(name, value)
		if len(h.closed) > maxClosed {
			return badHours("closed has more than %d days", maxClosed)
		}
		for _, date := range h.closed {
			if _, wrong := time.Parse(time.DateOnly, date); wrong != nil {
				return badHours("closed: %q is no date: write 2026-12-24", clip.Name(date))
			}
		}
		return err
	}
	day := slices.Index(weekdays, name)
	if day < 0 {
		known := append(slices.Clone(weekdays), "holidays", "closed", "zone")
		if near := nearest.Word(name, known); near != "" {
			return badHours("hours have no member %q: did you mean %s?", clip.Name(name), near)
		}
		return badHours("hours have no member %q: their members are %s", clip.Name(name), strings.Join(known, ", "))
	}
	spans, err := textsOf(name, value)
	if err != nil {
		return err
	}
	for _, text := range spans {
		for part := range strings.SplitSeq(text, ",") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			s, ok := parseSpan(part)
			if !ok {
				return badHours("%s: %q is no span of time: write 09:00-17:00", name, clip.Name(part))
			}
			h.week[day] = append(h.week[day], s)
		}
	}
	return nil
}

func (h *Hours) inZone(value json.RawMessage) error {
	var name string
	if err := json.Unmarshal(value, &name); err != nil || name == "" || name == "Local" {
		return &Error{BadZone, "zone is a text, such as Europe/Berlin"}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return &Error{BadZone, fmt.Sprintf("there is no time zone %q: write Europe/Berlin", clip.Name(name))}
	}
	h.zone = zone
	return nil
}

// Open reports whether at lies within the hours. An *Error says that the holidays of that year are not known.
func (h *Hours) Open(at time.Time) (bool, error) {
	local := at.In(h.zone)
	minute := local.Hour()*60 + local.Minute()
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	yesterday := today.AddDate(0, 0, -1)
	open, err := h.within(today, func(s span) bool {
		return minute >= s.from && (minute < s.to || s.to <= s.from)
	})
	if open || err != nil {
		return open, err
	}
	return h.within(yesterday, func(s span) bool { return s.to <= s.from && minute < s.to })
}

// within reports whether a span of a day's counts, unless the day is closed.
func (h *Hours) within(day time.Time, counts func(span) bool) (bool, error) {
	if !slices.ContainsFunc(h.week[day.Weekday()], counts) {
		return false, nil
	}
	date := day.Format(time.DateOnly)
	if slices.Contains(h.closed, date) {
		return false, nil
	}
	for _, country := range h.holidays {
		days, err := Holidays(country, day.Year())
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(days, func(d Holiday) bool { return d.Date == date }) {
			return false, nil
		}
	}
	return true, nil
}

// parseSpan reads "09:00-17:00".
func parseSpan(text string) (span, bool) {
	from, to, found := strings.Cut(text, "-")
	first, ok1 := parseClock(from)
	last, ok2 := parseClock(to)
	return span{first, last}, found && ok1 && ok2 && first != last && first < 24*60
}

// parseClock reads "9:00" or "09:00" as minutes, up to "24:00".
func parseClock(text string) (int, bool) {
	hour, minute, found := strings.Cut(strings.TrimSpace(text), ":")
	h, err1 := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(minute, 10, 8)
	total := int(h)*60 + int(m)
	return total, found && err1 == nil && err2 == nil && len(hour) <= 2 && len(minute) == 2 && m < 60 && total <= 24*60
}

// textsOf reads a text or a list of texts.
func textsOf(name string, value json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(value, &one) == nil {
		return []string{one}, nil
	}
	var several []string
	if err := json.Unmarshal(value, &several); err != nil {
		return nil, badHours("%s is a text or a list of texts", name)
	}
	return several, nil
}

func badHours(format string, args ...any) *Error {
	return &Error{BadHours, fmt.Sprintf(format, args...)}
}
