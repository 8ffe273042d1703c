package sandbox

import (
	"io"
	"strings"
	"testing"
	"time"

	"callfn/internal/runs"
)

// A watchdog that checks while the next job already runs ends nothing. It answers for an overdue job.
func TestNoJobIsGivenUpForAnother(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	d := newWatchdog(newInput(strings.NewReader("")), io.Discard)
	if a := d.overdue(time.Now()); a != nil {
		t.Errorf("without a job: got %+v, want no answer", a)
	}
	d.begin(Job{Run: "second", Limits: Limits{Deadline: time.Second}.WithDefaults()}, r)
	if a := d.overdue(time.Now()); a != nil {
		t.Fatalf("a job with a second left: got %+v, want no answer", a)
	}
	d.finish()
	d.begin(Job{Run: "third", Limits: Limits{Deadline: time.Nanosecond, Logs: 100}}, r)
	a := d.overdue(d.due)
	if a == nil || a.run != "third" || a.outcome != runs.Timeout {
		t.Fatalf("an overdue job: got %+v, want %s of run third", a, runs.Timeout)
	}
}

// What a run leaves behind is cleaned up outside any deadline: the worker asks for the next job at once only if there
// is little of it.
func TestNextJobWaitsForMuchLitter(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	w := &worker{runs: r}
	for _, c := range []struct {
		body string
		want nextStep
	}{
		{`return {json: 1}`, stepReady},
		{`var a = []; for (var i = 0; i < 50000; i++) { a.push({i: i}); } return {json: a.length}`, stepCleanup},
		{`return {json: 2}`, stepReady},
	} {
		a := r.run(Job{
			Kind: KindShow, Source: `function () { ` + c.body + ` }`, Doc: []byte("null"), Req: []byte("{}"),
			Limits: DefaultLimits(),
		}, nil)
		if got := w.next(); a.outcome != runs.OK || got != c.want {
			t.Errorf("%s: %s, and then the worker %q, want %q", c.body, a.outcome, got, c.want)
		}
		r.tidy()
	}
}
