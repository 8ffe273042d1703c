package sandbox

import (
	"io"
	"strings"
	"testing"
	"time"
)

// A watchdog that looks while the next job is on already ends nothing; a job that is overdue is answered for.
func TestNoJobIsGivenUpForAnother(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	d := newWatchdog(newInput(strings.NewReader("")), io.Discard)
	if a := d.overdue(time.Now()); a != nil {
		t.Errorf("without a job: %+v", a)
	}
	d.begin(Job{Run: "second", Limits: Limits{Deadline: time.Second}.fill()}, r)
	if a := d.overdue(time.Now()); a != nil {
		t.Fatalf("a job with a second left: %+v", a)
	}
	d.finish()
	d.begin(Job{Run: "third", Limits: Limits{Deadline: time.Nanosecond, Logs: 100}}, r)
	a := d.overdue(d.due)
	if a == nil || a.Run != "third" || a.Status != Timeout {
		t.Fatalf("an overdue job: %+v", a)
	}
}
