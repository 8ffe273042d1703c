package main

import (
	"time"

	"callfn/internal/printable"
)

// momentFlags select the time of a rehearsal.
type momentFlags struct {
	At       string `placeholder:"TIME"`
	Timezone string `placeholder:"ZONE"`
}

// into writes the time into a script.
func (f momentFlags) into(script map[string]any) {
	if f.At != "" {
		script["now"] = f.At
	}
	if f.Timezone != "" {
		script["timezone"] = f.Timezone
	}
}

// rehearsedAt formats the time of a rehearsal, given in RFC 3339, for a person: with weekday and zone.
func rehearsedAt(at, zone string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return ""
	}
	return t.Format("Mon 2006-01-02 15:04 ") + printable.Text(zone)
}
