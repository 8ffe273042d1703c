package sandbox

import (
	"testing"
	"time"
)

// A timer that goes off late, while the next job is on already, ends nothing; one that goes off for the job that is on does.
func TestNoJobIsGivenUpForAnother(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	w := &worker{runs: r, late: time.AfterFunc(time.Hour, func() {})}
	if a := w.giveUp(); a != nil {
		t.Errorf("without a job: %+v", a)
	}
	w.begin(Job{Run: "second", Limits: Limits{Deadline: time.Second}.fill()}, r)
	if a := w.giveUp(); a != nil {
		t.Fatalf("a job with a second left: %+v", a)
	}
	w.finish()
	w.begin(Job{Run: "third", Limits: Limits{Deadline: time.Nanosecond, Logs: 100}}, r)
	time.Sleep(time.Until(w.due))
	a := w.giveUp()
	if a == nil || a.Run != "third" || a.Status != overrun {
		t.Fatalf("an overdue job: %+v", a)
	}
	if answer, last, err := parseAnswer(a.frame()); err != nil || !last || answer.Status != Timeout {
		t.Errorf("%+v %v %v", answer, last, err)
	}
	if w.mu.TryLock() {
		t.Error("the job could still answer")
	}
}
