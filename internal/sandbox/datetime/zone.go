package datetime

import "time"

// Zone is a time zone of the tz database. The zero Zone is UTC.
type Zone struct{ loc *time.Location }

// In returns the zone of a location; nil is UTC.
func In(loc *time.Location) Zone { return Zone{loc} }

// Location returns the zone as a location of package time.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// Offset returns the difference between local time and UTC at the time value ms (UTC), in milliseconds.
func (z Zone) Offset(ms int64) int64 {
	if z.loc == nil {
		return 0
	}
	_, seconds := time.UnixMilli(ms).In(z.loc).Zone()
	return int64(seconds) * 1000
}

// maxOffset exceeds every offset that a zone has or had, in seconds.
const maxOffset = 26 * 60 * 60

// UTC returns the time value of a local time in milliseconds. For a local time that happens twice it returns the first;
// one that is skipped is read with the offset from before the gap (ECMA-262, UTC(t)).
func (z Zone) UTC(local int64) int64 {
	if z.loc == nil {
		return local
	}
	start := local - maxOffset*1000 // of a period, or in the first one
	previous := int64(0)
	for {
		end, offset := z.period(start)
		ms := local - offset
		if ms < start {
			return local - previous
		}
		if ms < end {
			return ms
		}
		start, previous = end, offset
	}
}

// noEnd is beyond the range of time values.
const noEnd = 1 << 62

// period returns the offset at a time and the end of its period, all in milliseconds. The next period may have the same
// offset. (It does not ask for the period's beginning: for zones that changed their rules within a period, package time
// answers as if the new rules had always held.)
func (z Zone) period(at int64) (end, offset int64) {
	t := time.UnixMilli(at).In(z.loc)
	_, seconds := t.Zone()
	offset = int64(seconds) * 1000
	_, until := t.ZoneBounds()
	if until.IsZero() {
		return noEnd, offset
	}
	if end = until.UnixMilli(); end <= at { // package time ends its rule-made periods after day 365, also in a year of 366
		end = at + msPerDay
	}
	return end, offset
}
