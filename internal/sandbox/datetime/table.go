package datetime

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// lastYear is where a Table ends. Its last 28 years have each kind of year, so that the rules continue from there.
const lastYear = 2065

// quarter is the unit of a Table's steps.
const quarter = 15 * 60

// Table returns the zone's changes of offset from 1970 to 2065, for a reader in another language (couchapp,
// lib/owndate.js): the offsets in seconds, separated by dots, the one before all changes first; an exclamation mark;
// and for each change three digits of quarters of an hour since the previous change (or 1970), or ~, seconds and a dot
// if that is not exact, then one digit for the index of the offset. All numbers are in base 36.
func (z Zone) Table() string {
	end := time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	offsets := []int64{z.Offset(0) / 1000}
	var steps strings.Builder
	last, current := int64(0), offsets[0]
	for at := int64(0); z.loc != nil; {
		until, _ := z.period(at)
		if until >= end {
			break
		}
		at = until
		offset := z.Offset(at) / 1000
		if offset == current {
			continue
		}
		place := slices.Index(offsets, offset)
		if place < 0 {
			place = len(offsets)
			offsets = append(offsets, offset)
		}
		writeStep(&steps, at/1000-last)
		steps.WriteString(strconv.FormatInt(int64(place), 36))
		last, current = at/1000, offset
	}
	texts := make([]string, len(offsets))
	for i, offset := range offsets {
		texts[i] = strconv.FormatInt(offset, 36)
	}
	return strings.Join(texts, ".") + "!" + steps.String()
}

func writeStep(b *strings.Builder, seconds int64) {
	const digits = 3
	if text := strconv.FormatInt(seconds/quarter, 36); seconds%quarter == 0 && len(text) <= digits {
		b.WriteString(strings.Repeat("0", digits-len(text)) + text)
		return
	}
	b.WriteString("~" + strconv.FormatInt(seconds, 36) + ".")
}
