package loadgen

import (
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Longest is the longest time that is recorded exactly; longer ones count as this.
const Longest = 5 * time.Minute

// Times are how long calls took. Three significant digits are kept, from a microsecond to Longest.
type Times struct{ h *hdrhistogram.Histogram }

func newTimes() Times { return Times{hdrhistogram.New(1, Longest.Microseconds(), 3)} }

// Count is how many calls there were.
func (t Times) Count() uint64 { return uint64(t.h.TotalCount()) }

// Quantile is the time that a share of the calls did not exceed: 0.99 for p99. 0 without calls.
func (t Times) Quantile(share float64) time.Duration {
	return time.Duration(t.h.ValueAtQuantile(share*100)) * time.Microsecond
}

// Max is the longest time.
func (t Times) Max() time.Duration { return time.Duration(t.h.Max()) * time.Microsecond }

func (t Times) note(took time.Duration) {
	_ = t.h.RecordValue(min(max(took.Microseconds(), 1), Longest.Microseconds())) // always in range
}

// Round is what came of one round.
type Round struct {
	Elapsed  time.Duration
	Good     Times             // of calls that came back OK
	Bad      Times             // of the others
	Outcomes map[string]uint64 // OK among them
	// share of this machine's processor time that its hypervisor kept from it; 0 where that is not known
	Stolen float64
}

// Rate is how many calls a second came back OK.
func (r Round) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Good.Count()) / r.Elapsed.Seconds()
}

// Result is what came of a target, all rounds together and each.
type Result struct {
	Name string
	Round
	Rounds []Round
}

func newResult(name string) Result {
	return Result{Name: name, Round: Round{Good: newTimes(), Bad: newTimes(), Outcomes: map[string]uint64{}}}
}

func (r *Result) add(one Round) {
	r.Rounds = append(r.Rounds, one)
	if long := r.Elapsed + one.Elapsed; long > 0 {
		r.Stolen = (r.Stolen*r.Elapsed.Seconds() + one.Stolen*one.Elapsed.Seconds()) / long.Seconds()
	}
	r.Elapsed += one.Elapsed
	r.Good.h.Merge(one.Good.h)
	r.Bad.h.Merge(one.Bad.h)
	for outcome, n := range one.Outcomes {
		r.Outcomes[outcome] += n
	}
}

// Calls is how many calls there were, failures included.
func (r Round) Calls() uint64 { return r.Good.Count() + r.Bad.Count() }

// FailedShare is which share of the calls failed, 0 to 1.
func (r Round) FailedShare() float64 {
	if r.Calls() == 0 {
		return 0
	}
	return float64(r.Bad.Count()) / float64(r.Calls())
}

// Ratio compares a target with another one: the median of the rounds' ratios, each of rounds that followed one another.
type Ratio struct{ Rate, P50, P99 float64 }

// RatioTo compares r with base. A ratio is 0 where there was nothing to compare.
func (r Result) RatioTo(base Result) Ratio {
	var rate, p50, p99 []float64
	for i := range min(len(r.Rounds), len(base.Rounds)) {
		a, b := r.Rounds[i], base.Rounds[i]
		if a.Good.Count() == 0 || b.Good.Count() == 0 {
			continue
		}
		rate = append(rate, a.Rate()/b.Rate())
		p50 = append(p50, float64(a.Good.Quantile(0.5))/float64(b.Good.Quantile(0.5)))
		p99 = append(p99, float64(a.Good.Quantile(0.99))/float64(b.Good.Quantile(0.99)))
	}
	return Ratio{median(rate), median(p50), median(p99)}
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// recorder takes down a round. Safe for concurrent use.
type recorder struct {
	mu        sync.Mutex
	good, bad Times
	outcomes  map[string]uint64
}

func newRecorder() *recorder {
	return &recorder{good: newTimes(), bad: newTimes(), outcomes: map[string]uint64{}}
}

func (r *recorder) note(outcome string, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes[outcome]++
	if outcome == OK {
		r.good.note(took)
	} else {
		r.bad.note(took)
	}
}

func (r *recorder) counts() (calls, failed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.good.Count() + r.bad.Count(), r.bad.Count()
}

func (r *recorder) round(elapsed time.Duration, stolen float64) Round {
	return Round{Elapsed: elapsed, Good: r.good, Bad: r.bad, Outcomes: r.outcomes, Stolen: stolen}
}
