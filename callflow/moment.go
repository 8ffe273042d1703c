package callflow

import (
	"encoding/json"
	"fmt"
	"time"

	"callfn/internal/sandbox/datetime"
)

// farthestMoment is the end of 2099, the latest time of a rehearsal. Every clock works up to there.
const farthestMoment = 4_102_444_800_000

// The layouts of times in a script.
var (
	layoutsWithOffset = []string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700",
		"2006-01-02 15:04:05Z07:00",
		"2006-01-02 15:04Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04Z0700",
	}
	layoutsLocal = []string{
		"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
		time.DateOnly,
	}
)

// parseMoment parses a time from 1970 to 2099: text, local to loc unless it has an offset, or milliseconds since 1970.
// It reads a local time that loc skips or repeats as JavaScript does (ECMA-262, UTC(t)), and remark says so.
func parseMoment(value any, loc *time.Location) (t time.Time, remark string, ok bool) {
	switch v := value.(type) {
	case json.Number, float64, int64, int:
		ms := Data{"v": v}.Int("v", -1)
		return time.UnixMilli(ms).In(loc), "", ms >= 0 && ms <= farthestMoment
	case string:
		for _, layout := range layoutsWithOffset {
			if t, err := time.Parse(layout, v); err == nil {
				return t.In(loc), "", inReach(t)
			}
		}
		for _, layout := range layoutsLocal {
			if t, err := time.Parse(layout, v); err == nil {
				t, remark = atClock(t, loc)
				return t, remark, inReach(t)
			}
		}
	}
	return time.Time{}, "", false
}

func inReach(t time.Time) bool { return t.UnixMilli() >= 0 && t.UnixMilli() <= farthestMoment }

// atClock returns the moment at which the clocks of loc show what wall shows in UTC.
func atClock(wall time.Time, loc *time.Location) (t time.Time, remark string) {
	local, zone := wall.UnixMilli(), datetime.In(loc)
	ms := zone.UTC(local)
	t = time.UnixMilli(ms).In(loc)
	shown := wall.Format("2006-01-02 15:04")
	if ms+zone.Offset(ms) != local {
		return t, fmt.Sprintf("the clocks in %s skip %s: taken as %s, as JavaScript does", loc, shown, t.Format("15:04 MST"))
	}
	if _, end := t.ZoneBounds(); !end.IsZero() {
		if again := local - zone.Offset(end.UnixMilli()); again >= end.UnixMilli() && again != ms && again+
			zone.Offset(again) == local {
			return t, fmt.Sprintf("the clocks in %s show %s twice: taken as the first time, %s; give an offset to say which",
				loc, shown, t.Format("15:04 -07:00 (MST)"))
		}
	}
	return t, ""
}
