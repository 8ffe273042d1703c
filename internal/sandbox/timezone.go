package sandbox

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a worker has no files to read zones from

	"modernc.org/libc"
)

// zone is the time zone of the worker's engine. The engine asks the C library for local time, the C library asks the
// variable TZ on every call, and both live in this process only; so each run can have a zone of its own.
type zone struct {
	name string
	tls  *libc.TLS
}

// set makes name (IANA, "" for UTC) the zone of the next run.
func (z *zone) set(name string) error {
	if z.tls != nil && name == z.name {
		return nil
	}
	spec, err := posixZone(name, time.Now())
	if err != nil {
		return err
	}
	if z.tls == nil {
		z.tls = libc.NewTLS()
	}
	if err := setenv(z.tls, "TZ", spec); err != nil {
		return err
	}
	z.name = name
	return nil
}

func setenv(tls *libc.TLS, name, value string) error {
	n, err := libc.CString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(tls, n)
	v, err := libc.CString(value)
	if err != nil {
		return err
	}
	defer libc.Xfree(tls, v)
	if libc.Xsetenv(tls, n, v, 1) != 0 {
		return fmt.Errorf("sandbox: cannot set %s", name)
	}
	return nil
}

// posixZone spells the zone's present rules as a POSIX TZ string ("CET-1CEST,M3.5.0/2,M10.5.0/3"), which the C library
// understands without reading files. Dates far from now follow the present rules too, as everywhere outside zone files.
func posixZone(name string, now time.Time) (string, error) {
	if name == "" {
		return "UTC0", nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return "", fmt.Errorf("unknown time zone %q: use an IANA name such as Europe/Berlin", clip(name))
	}
	changes := transitions(loc, now.Year())
	if len(changes) != 2 {
		abbr, offset := now.In(loc).Zone()
		return posixName(abbr) + posixOffset(offset), nil
	}
	forward, back := changes[0], changes[1]
	if forward.after < forward.before {
		forward, back = back, forward
	}
	return posixName(back.abbr) + posixOffset(back.after) + posixName(forward.abbr) + posixOffset(forward.after) +
		"," + forward.rule(loc) + "," + back.rule(loc), nil
}

// transition is one change of a zone's offset (seconds east of UTC).
type transition struct {
	at            time.Time
	before, after int
	abbr          string // the abbreviation from then on
}

func transitions(loc *time.Location, year int) []transition {
	t := time.Date(year, 1, 1, 0, 0, 0, 0, loc)
	var list []transition
	for len(list) < 8 {
		_, end := t.ZoneBounds()
		if !end.IsZero() && !end.After(t) {
			end = t.Add(24 * time.Hour) // package time ends its rule-made zones after day 365, also in a year of 366
		}
		if end.IsZero() || end.In(loc).Year() != year {
			break
		}
		_, before := end.Add(-time.Second).In(loc).Zone()
		abbr, after := end.In(loc).Zone()
		if before != after {
			list = append(list, transition{at: end, before: before, after: after, abbr: abbr})
		}
		t = end.Add(time.Second).In(loc)
	}
	return list
}

// wall is the transition on the clock that showed until then, which is how POSIX writes it.
func (t transition) wall() time.Time { return t.at.In(time.FixedZone("", t.before)) }

// rule writes when in the year the transition happens: as month, week and weekday where that holds for five years, else as
// the day of this year.
func (t transition) rule(loc *time.Location) string {
	w := t.wall()
	clock := fmt.Sprintf("/%d:%02d:%02d", w.Hour(), w.Minute(), w.Second())
	for _, week := range []int{(w.Day()-1)/7 + 1, 5} {
		if t.holds(loc, week) {
			return fmt.Sprintf("M%d.%d.%d%s", w.Month(), week, w.Weekday(), clock)
		}
	}
	return fmt.Sprintf("%d%s", w.YearDay()-1, clock)
}

// holds reports whether this year and the next four have the transition in the given week (5: the last) of its month.
func (t transition) holds(loc *time.Location, week int) bool {
	want := t.wall()
	for year := want.Year(); year < want.Year()+5; year++ {
		found := false
		for _, c := range transitions(loc, year) {
			w := c.wall()
			last := w.AddDate(0, 0, 7).Month() != w.Month()
			found = found || c.before == t.before && w.Month() == want.Month() && w.Weekday() == want.Weekday() &&
				w.Hour() == want.Hour() && w.Minute() == want.Minute() && (week == (w.Day()-1)/7+1 || week == 5 && last)
		}
		if !found {
			return false
		}
	}
	return true
}

// posixName quotes an abbreviation; the quotes allow digits and signs ("<+03>").
func posixName(abbr string) string {
	abbr = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '-' {
			return r
		}
		return -1
	}, abbr)
	if len(abbr) < 3 {
		abbr = "ZZZ"
	}
	return "<" + abbr + ">"
}

// posixOffset writes seconds east of UTC as POSIX does: west is positive.
func posixOffset(east int) string {
	sign := "-"
	if east <= 0 {
		sign, east = "", -east
	}
	return fmt.Sprintf("%s%d:%02d:%02d", sign, east/3600, east/60%60, east%60)
}
