package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openingHours is a typical check of opening hours from nine to five, and other uses of dates.
const openingHours = `
var now = new Date(), open = new Date(), close = new Date();
open.setHours(9, 0, 0, 0);
close.setHours(17, 0, 0, 0);
var built = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 9);
return {module: 'tts', data: {text: [
  now >= open && now < close ? 'open' : 'closed', built.getHours() + ':' + built.getMinutes(),
  now.toLocaleTimeString('en-US', {hour: '2-digit', minute: '2-digit', hour12: false}),
  now.toLocaleDateString('de-DE', {weekday: 'long'}),
  now.toLocaleString('en-US', {timeZone: 'UTC', hour: 'numeric', minute: 'numeric', hourCycle: 'h23'})
].join(', ')}};`

// A function in a call has the account's local time, including the days on which the clocks change.
func TestLocalDatesInCalls(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.env["CALLFN_ACCOUNT"] = anID.FindString(p.must(t, exitOK, "accounts", "create", "acme", "--timezone",
		"America/Los_Angeles"))
	file := filepath.Join(t.TempDir(), "hours.js")
	if err := os.WriteFile(file, []byte(openingHours), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := p.must(t, exitOK, "functions", "put", file, "--name", "hours")
	if strings.Contains(stored, "warning") {
		t.Errorf("got %s, want no warning of dates", stored)
	}
	flow := filepath.Join(t.TempDir(), "flow.json")
	text := `{"numbers":["1000"],"flow":{"module":"function","data":{"id":"` + anID.FindString(stored) + `"}}}`
	if err := os.WriteFile(flow, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, exitOK, "callflows", "put", flow)
	for _, c := range []struct{ zone, at, want string }{
		{"", "2026-03-08T09:30", "open, 9:0, 09:30, Sonntag, 16:30"},
		{"", "2026-03-08T01:30", "closed, 9:0, 01:30, Sonntag, 09:30"},
		{"", "2026-11-01T08:30", "closed, 9:0, 08:30, Sonntag, 16:30"},
		{"", "2026-11-01T16:30", "open, 9:0, 16:30, Sonntag, 00:30"},
		{"Australia/Sydney", "2026-10-03T16:30", "open, 9:0, 16:30, Samstag, 06:30"},
		{"Australia/Sydney", "2026-04-04T17:30", "closed, 9:0, 17:30, Samstag, 06:30"},
		{"Australia/Lord_Howe", "2026-10-04T16:59", "open, 9:0, 16:59, Sonntag, 05:59"},
		{"Pacific/Auckland", "2026-09-26T16:30", "open, 9:0, 16:30, Samstag, 04:30"},
		{"Europe/Berlin", "2026-03-29T17:00", "closed, 9:0, 17:00, Sonntag, 15:00"},
		{"America/New_York", "2026-12-31T23:59", "closed, 9:0, 23:59, Donnerstag, 04:59"},
		{"Asia/Kolkata", "2026-06-15T09:00", "open, 9:0, 09:00, Montag, 03:30"},
	} {
		args := []string{"call", "--to", "1000", "--at", c.at}
		if c.zone != "" {
			args = append(args, "--timezone", c.zone)
		}
		if out := p.must(t, exitOK, args...); !strings.Contains(out, `tts "`+c.want+`"`) {
			t.Errorf("%s in %s: want %q, got\n%s", c.at, c.zone, c.want, out)
		}
	}
}
