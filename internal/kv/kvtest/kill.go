package kvtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"callfn/internal/kv"
)

// Writer writes to a store from several goroutines until the process is killed, and reports what was acknowledged, a
// line each: `incr`, or `set NAME VALUE`. It counts under the key n; each goroutine writes names of its own, rounds
// apart. The counter and the names have no time to live.
func Writer(s *kv.Store, round string, report io.Writer) {
	var mu sync.Mutex
	tell := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.WriteString(report, line+"\n")
	}
	together(func(w int) {
		for i := 0; ; i++ {
			if _, err := s.Incr(context.Background(), shared("n"), 1, 0); err == nil {
				tell("incr")
			}
			name, value := fmt.Sprintf("%d/%d", w, i%20), fmt.Sprintf(`"%s/%d"`, round, i)
			if _, err := s.Set(context.Background(), shared(name), []byte(value), kv.SetOptions{}); err == nil {
				tell("set " + name + " " + value)
			}
		}
	})
}

// Acknowledged is what writers reported before they were killed.
type Acknowledged struct {
	Incr   int64
	Values map[string]string
}

// Read adds the reports of a writer that was killed after a number of lines, and calls kill then.
func (a *Acknowledged) Read(report io.Reader, lines int, kill func()) {
	if a.Values == nil {
		a.Values = map[string]string{}
	}
	scanner := bufio.NewScanner(report)
	for n := 1; scanner.Scan(); n++ {
		if n == lines {
			kill()
		}
		switch fields := strings.Fields(scanner.Text()); {
		case len(fields) == 1 && fields[0] == "incr":
			a.Incr++
		case len(fields) == 3 && strings.HasSuffix(fields[2], `"`):
			a.Values[fields[1]] = fields[2]
		}
	}
}

// Verify checks that a store has everything that was acknowledged, exact counts, and a usage that is true. What was on
// its way when a writer was killed may be there or not: one operation for each goroutine of each of the killed writers.
// From then on it is as good as acknowledged.
func (a *Acknowledged) Verify(t *testing.T, s *kv.Store) {
	t.Helper()
	ctx := context.Background()
	e, _, err := s.Get(ctx, shared("n"))
	if err != nil {
		t.Fatalf("get: got %v, want no error", err)
	}
	n, _ := strconv.ParseInt(string(e.Value), 10, 64)
	if n < a.Incr || n > a.Incr+writers {
		t.Fatalf("got the count %d after %d acknowledged increments by %d writers, want at least these, and at most one "+
			"more for each writer", n, a.Incr, writers)
	}
	a.Incr = n
	for name, want := range a.Values {
		e, found, err := s.Get(ctx, shared(name))
		if err != nil || !found || later(want, string(e.Value)) < 0 {
			t.Fatalf("get %s: got %s, %v, %v, want %s or what was written next", name, e.Value, found, err, want)
		}
	}
	var use kv.Usage
	err = s.Walk(ctx, account, kv.Key{}, func(key kv.Key, e kv.Entry) error {
		use.Keys++
		use.Bytes += kv.Size(key, e.Value)
		return nil
	})
	if got, usageErr := s.Usage(ctx, account); err != nil || usageErr != nil || got != use {
		t.Fatalf("got the usage %+v, %v, %v, want %+v as there are entries", got, err, usageErr, use)
	}
}

// later compares two values of a Writer: how many writes b is after a, or a high number if it is of a later round.
func later(a, b string) int {
	number := func(v string) (round, i int) {
		_, _ = fmt.Sscanf(v, `"%d/%d"`, &round, &i)
		return round, i
	}
	ra, ia := number(a)
	rb, ib := number(b)
	return (rb-ra)*1_000_000 + ib - ia
}
