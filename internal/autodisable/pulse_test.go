package autodisable

import (
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/runs"
)

// While a machine stands still for a second, every deadline passes. Timeouts of runs under way then do not count;
// others do.
func TestTimeoutsOfAMachineThatStoodStill(t *testing.T) {
	begun := time.Unix(1_800_000_000, 0)
	at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	p := &pulse{}
	for ms := 0; ms <= 1000; ms += 100 {
		p.beat(at(ms))
	}
	if p.stalled(at(0), at(1000), at(1050)) {
		t.Error("a machine that runs: got it stalled, want not")
	}
	if !p.stalled(at(900), at(1900), at(2000)) {
		t.Error("a beat that is a second late: got it unnoticed before it comes, want it stalled")
	}
	p.beat(at(2000))
	p.beat(at(2100))
	for _, c := range []struct {
		began, ended int
		want         bool
	}{{900, 1900, true}, {1999, 2999, true}, {0, 1001, true}, {0, 1000, false}, {2001, 3001, false}} {
		if got := p.stalled(at(c.began), at(c.ended), at(2150)); got != c.want {
			t.Errorf("a run from %d to %d ms met the stall: %v, want %v", c.began, c.ended, got, c.want)
		}
	}
	g := &Guard{pulse: p, now: func() time.Time { return at(2150) }}
	for o, want := range map[runs.Outcome]bool{runs.Timeout: true, runs.Threw: false} {
		r := function.Ran{Start: at(1500)}
		r.Duration = time.Second
		r.Outcome = o
		if got := g.excused(r); got != want {
			t.Errorf("%s is excused: %v, want %v", o, got, want)
		}
	}
}
