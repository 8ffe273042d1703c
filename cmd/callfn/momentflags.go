package main

import (
	"time"

	"callfn/internal/printable"
)

// momentFlags say when a rehearsal takes place.
type momentFlags struct {
	At       string `placeholder:"TIME"`
	Timezone string `placeholder:"ZONE"`
}

// into writes the moment into a script.
func (f momentFlags) into(script map[string]any) {
	if f.At != "" {
		script["now"] = f.At
	}
	if f.Timezone != "" {
		script["timezone"] = f.Timezone
	}
}

// rehearsedAt writes the moment of a rehearsal, an RFC 3339 time, for a person: with day of the week and zone.
func rehearsedAt(at, zone string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return ""
	}
	return t.Format("Mon 2006-01-02 15:04 ") + printable.Text(zone)
}
