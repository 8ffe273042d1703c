package runrecord

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/function"
	"callfn/internal/runs"
)

func success(f string, n int) function.Ran {
	ran := function.Ran{}
	ran.Account, ran.Function, ran.Outcome, ran.Run = account.ID("a"), function.ID(f), runs.OK,
		runs.ID(fmt.Sprint(n))
	return ran
}

// A busy function's runs are written at intervals, the last ones of each; those of others at once.
func TestBusyFunctionsWait(t *testing.T) {
	s := latest{keep: Keep{Successes: 50}, waiting: map[runsOf]*waiting{}}
	now := time.Unix(1_800_000_000, 0)
	look := func(everything bool) map[string]string {
		got := map[string]string{}
		for of, runs := range s.due(now, everything) {
			got[of.function] = fmt.Sprintf("%d from %s to %s", len(runs), runs[0].Run, runs[len(runs)-1].Run)
		}
		return got
	}
	n, replaced := 0, 0
	add := func(f string, many int) {
		for range many {
			n++
			if old, gone := s.add(success(f, n)); gone {
				replaced++
				if old.Run == "" {
					t.Fatal("what was replaced is no run, want one")
				}
			}
		}
	}
	want := func(when string, got map[string]string, want string) {
		t.Helper()
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	add("busy", 60)
	add("idle", 1)
	want("first", look(false), "map[busy:50 from 11 to 60 idle:1 from 61 to 61]")
	now = now.Add(time.Second)
	add("busy", 60)
	add("idle", 1)
	want("a second later", look(false), "map[idle:1 from 122 to 122]")
	now = now.Add(time.Second)
	add("busy", 10)
	want("two seconds later", look(false), "map[]")
	now = now.Add(3 * time.Second)
	want("five seconds later", look(false), "map[busy:50 from 82 to 132]")
	add("busy", 19)
	want("not busy any more", look(false), "map[busy:19 from 133 to 151]")
	add("busy", 30)
	want("everything", look(true), "map[busy:30 from 152 to 181]")
	if replaced != 10+10+10 || s.n != 0 {
		t.Errorf("%d replaced, %d wait, want %d and none", replaced, s.n, 10+10+10)
	}
	for i := range waitAtMost + 1 {
		f := fmt.Sprint("f", i/busyRuns)
		s.waiting[runsOf{"a", f, succeeded}] = cmp.Or(s.waiting[runsOf{"a", f, succeeded}], &waiting{written: now})
		s.add(success(f, i))
	}
	if got := look(false); len(got) < waitAtMost/busyRuns {
		t.Errorf("of more than may wait, %d functions' were written, want at least %d", len(got), waitAtMost/busyRuns)
	}
	now = now.Add(time.Minute)
	want("a minute later", look(false), "map[]")
	if len(s.waiting) != 0 {
		t.Errorf("%d quiet functions are remembered, want none", len(s.waiting))
	}
}
