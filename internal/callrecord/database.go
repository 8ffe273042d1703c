package callrecord

import (
	"fmt"
	"time"

	"callfn/internal/datastore"
)

// DocumentType is the pvt_type of records, as in KAZOO (kzd_cdrs.erl).
const DocumentType = "cdr"

// Design is the design document of every month's database.
const Design = "call_records"

// DefaultKeep is how long records are kept where nothing else is said.
const DefaultKeep = 30 * 24 * time.Hour

// Database names the database of a month: call_records-202611.
func Database(at time.Time) string { return Design + "-" + at.UTC().Format("200601") }

// mostMonths bounds how many months are read for one listing: ten years.
const mostMonths = 120

// Months lists the months, the latest first, that records may be in which are not older than keep.
func Months(now time.Time, keep time.Duration) []time.Time {
	now = now.UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	oldest := now.Add(-keep)
	var months []time.Time
	for ; len(months) < mostMonths && month.AddDate(0, 1, 0).After(oldest); month = month.AddDate(0, -1, 0) {
		months = append(months, month)
	}
	return months
}

// monthOf is the month that the id of a record names: its first six digits, as in KAZOO.
func monthOf(id string) (time.Time, bool) {
	if len(id) != len("200601-")+32 || id[6] != '-' || !datastore.ValidID(id[7:]) {
		return time.Time{}, false
	}
	month, err := time.Parse("200601", id[:6])
	return month, err == nil
}

// newID makes the id of a record of a call that began at a time.
func newID(at time.Time, random string) string {
	return fmt.Sprintf("%s-%s", at.UTC().Format("200601"), random)
}
