package function_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/function"
	"callfn/internal/function/workload"
	"callfn/internal/loadgen"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/schemas"
)

// BenchmarkOverload finds how many whole steps of hello a second there are, and then has twice as many calls come,
// whether or not earlier ones are done, of four accounts: what is refused must be refused at once, and must not cost
// those that run their place. It does so five times over, since what a machine can do changes from one second to the
// next, and tells the medians. Run it with -benchtime 1x.
func BenchmarkOverload(b *testing.B) {
	s := embeddedStep(b)
	var callers []caller
	for n := range 4 {
		callers = append(callers, s.caller(b, n, accountID(n), workload.Functions()[0]))
	}
	next := make(chan caller, len(callers))
	for _, c := range callers {
		next <- c
	}
	target := loadgen.Target{Name: "step", Call: func(ctx context.Context) string {
		c := <-next
		next <- c
		return string(s.walk(ctx, c))
	}}
	load := func(rate float64, connections int) loadgen.Result {
		plan := loadgen.Plan{
			Rate: rate, Connections: connections, WarmUp: time.Second / 2, Duration: 2 * time.Second,
			Rounds: 1, Timeout: 5 * time.Second,
		}
		results, err := loadgen.Run(b.Context(), plan, []loadgen.Target{target})
		if err != nil {
			b.Fatal(err)
		}
		return results[0]
	}
	for b.Loop() {
		told := map[string][]float64{}
		for range 5 {
			peak := load(0, 16)
			if peak.Bad.Count() > 0 {
				b.Fatalf("at the peak: got the outcomes %v, want ok alone", peak.Outcomes)
			}
			over := load(2*peak.Rate(), 1000)
			for outcome, n := range over.Outcomes {
				if outcome != string(runs.OK) && outcome != string(runs.Refused) {
					b.Errorf("got %d calls that ended as %s, want ok or refused", n, outcome)
				}
			}
			for unit, value := range map[string]float64{
				"peak-calls/s": peak.Rate(), "good-%-of-peak": 100 * over.Rate() / peak.Rate(),
				"refused-%":      100 * over.FailedShare(),
				"refused-p99-µs": float64(over.Bad.Quantile(0.99).Microseconds()),
				"good-p99-µs":    float64(over.Good.Quantile(0.99).Microseconds()),
				"steal-%":        50 * (peak.Stolen + over.Stolen),
			} {
				told[unit] = append(told[unit], value)
			}
		}
		for unit, values := range told {
			slices.Sort(values)
			b.ReportMetric(values[len(values)/2], unit)
		}
	}
}

// full is a place that has no room.
type full struct{ function.Driver }

func (full) Evaluate(context.Context, function.Evaluation) (runs.Report, error) {
	return runs.Report{}, fmt.Errorf("%w: too many functions are waiting to run", sandbox.ErrBusy)
}

// BenchmarkRefusal is what it costs to tell a call that there is no room for its function.
func BenchmarkRefusal(b *testing.B) {
	set, err := schemas.Load()
	if err != nil {
		b.Fatal(err)
	}
	runner := function.NewRunner(function.Config{Driver: full{}, Flows: set, Deadline: time.Second, NewRun: newRun})
	s := &step{executor: &callflow.Executor{Runner: runner, Directory: callflow.Memory{}, Flows: set}}
	c := calling(b, accountID(0), "f", workload.Functions()[0])
	b.ReportAllocs()
	for b.Loop() {
		if got := s.walk(b.Context(), c); got != runs.Refused {
			b.Fatalf("got %s, want %s", got, runs.Refused)
		}
	}
}
