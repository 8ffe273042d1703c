package loadgen_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/loadgen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plan() loadgen.Plan {
	return loadgen.Plan{Connections: 4, Duration: 200 * time.Millisecond, Rounds: 1, Timeout: time.Second}
}

func run(t *testing.T, p loadgen.Plan, targets ...loadgen.Target) []loadgen.Result {
	t.Helper()
	results, err := loadgen.Run(t.Context(), p, targets)
	if err != nil || len(results) != len(targets) {
		t.Fatalf("got %d results, %v, want %d", len(results), err, len(targets))
	}
	return results
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// No call comes before it is due: what a target takes for one that came early would count as less.
func TestNoCallIsEarly(t *testing.T) {
	p := plan()
	p.Rate = 500
	var mu sync.Mutex
	var began []time.Duration
	start := time.Now()
	run(t, p, loadgen.Target{Name: "quick", Call: func(context.Context) string {
		mu.Lock()
		defer mu.Unlock()
		began = append(began, time.Since(start))
		return loadgen.OK
	}})
	for i, at := range began {
		if due := time.Duration(i) * time.Second / 500; at < due {
			t.Fatalf("call %d: got it after %v, want it no earlier than %v", i, at, due)
		}
	}
}

// A target that stands still once is charged for everyone who would have called meanwhile, although it only kept those
// few that were under way.
func TestNoCoordinatedOmission(t *testing.T) {
	p := plan()
	p.Rate, p.Duration = 200, time.Second
	var calls atomic.Int64
	var stall sync.RWMutex
	r := run(t, p, loadgen.Target{Name: "stalls", Call: func(ctx context.Context) string {
		if calls.Add(1) == 50 {
			stall.Lock()
			sleep(ctx, 500*time.Millisecond)
			stall.Unlock()
		}
		stall.RLock()
		defer stall.RUnlock()
		return loadgen.OK
	}})[0]
	if n := r.Calls(); n != 200 {
		t.Errorf("got %d calls, want 200: 200 a second for a second", n)
	}
	// 500 ms of 1 s: every second call was late, the median of them by 250 ms.
	if got := r.Good.Quantile(0.75); got < 100*time.Millisecond {
		t.Errorf("got p75 %s, want 100ms or more: calls that waited to be sent count", got)
	}
}

func TestClosedLoop(t *testing.T) {
	var most, now atomic.Int64
	r := run(t, plan(), loadgen.Target{Name: "a", Call: func(ctx context.Context) string {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		sleep(ctx, 5*time.Millisecond)
		return loadgen.OK
	}})[0]
	if r.Good.Quantile(0.5) < 5*time.Millisecond || r.Calls() < 8 || most.Load() > 4 || r.Rate() <= 0 || r.Rate() > 800 {
		t.Errorf("got %d calls, %v/s, p50 %s, %d at once, want 8 or more, up to 800/s, 5ms or more, 4 at most", r.Calls(),
			r.Rate(), r.Good.Quantile(0.5), most.Load())
	}
}

// What cannot be sent in time is counted as such, and ends.
func TestOverload(t *testing.T) {
	p := plan()
	p.Rate, p.Connections, p.Timeout = 1000, 1, 50*time.Millisecond
	r := run(t, p, loadgen.Target{Name: "slow", Call: func(ctx context.Context) string {
		sleep(ctx, 20*time.Millisecond)
		return loadgen.OK
	}})[0]
	if r.Calls() != 200 || r.Outcomes[loadgen.NotSent] < 100 || r.Outcomes[loadgen.NotSent] != r.Bad.Count() {
		t.Errorf("got %d calls: %v, want 200, of which 100 or more were not sent", r.Calls(), r.Outcomes)
	}
}

// A target's ratio is that of rounds, whose order alternates: what slows the machine down for a while meets both.
func TestRounds(t *testing.T) {
	p := plan()
	p.Rounds, p.Duration, p.Connections = 3, 600*time.Millisecond, 1
	var mu sync.Mutex
	var order []string
	takes := func(name string, d time.Duration) loadgen.Target {
		return loadgen.Target{Name: name, Call: func(ctx context.Context) string {
			mu.Lock()
			if len(order) == 0 || order[len(order)-1] != name {
				order = append(order, name)
			}
			mu.Unlock()
			sleep(ctx, d)
			return loadgen.OK
		}}
	}
	results := run(t, p, takes("a", 4*time.Millisecond), takes("b", 40*time.Millisecond))
	if got := strings.Join(order, ""); got != "abab" { // a, b; b, a; a, b
		t.Errorf("got order %s, want abab", got)
	}
	if x := results[1].RatioTo(results[0]); x.Rate < 0.02 || x.Rate > 0.6 || x.P50 < 2 {
		t.Errorf("got %+v, want a tenth of the rate and ten times the p50", x)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := plan()
	p.Duration = time.Hour
	began := time.Now()
	var calls atomic.Int64
	results, err := loadgen.Run(ctx, p, []loadgen.Target{{Name: "a", Call: func(context.Context) string {
		if calls.Add(1) == 100 {
			cancel()
		}
		return loadgen.OK
	}}})
	if err == nil || results[0].Calls() < 90 || time.Since(began) > time.Minute {
		t.Errorf("got %v, %d calls, want an error and the 90 or more that were made", err, results[0].Calls())
	}
}

func TestImpossiblePlans(t *testing.T) {
	for name, change := range map[string]func(*loadgen.Plan){
		"rate": func(p *loadgen.Plan) { p.Rate = 1e6 }, "connections": func(p *loadgen.Plan) { p.Connections = 0 },
		"rounds": func(p *loadgen.Plan) { p.Rounds = 0 }, "duration": func(p *loadgen.Plan) { p.Duration = 0 },
		"timeout": func(p *loadgen.Plan) { p.Timeout = 0 }, "warm-up": func(p *loadgen.Plan) { p.WarmUp = -1 },
	} {
		p := plan()
		change(&p)
		if _, err := loadgen.Run(t.Context(), p, nil); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

func TestReports(t *testing.T) {
	p := plan()
	p.Rounds = 2
	var n atomic.Int64
	results := run(t, p,
		loadgen.Target{Name: "good", Call: func(ctx context.Context) string {
			sleep(ctx,
				time.Millisecond)
			return loadgen.OK
		}},
		loadgen.Target{Name: "bad, now and then", Call: func(ctx context.Context) string {
			sleep(ctx, time.Millisecond)
			if n.Add(1)%2 == 0 {
				return "timeout"
			}
			return loadgen.OK
		}})
	results[0].Stolen, results[1].Stolen = 0.002, 0.25
	results[1].Rounds[1].Stolen = 0.5
	var text, object, table bytes.Buffer
	if err := loadgen.WriteText(&text, results); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"p99", "good", "failed, bad, now and then: timeout ", "compared with good", "× "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got\n%s\nwant %q in it", text.String(), want)
		}
	}
	if got := text.String(); !strings.Contains(got, "steal, bad, now and then: the hypervisor kept 25.00 % of") ||
		strings.Contains(got, "steal, good") {
		t.Errorf("got\n%s\nwant 25.00 %% of steal for the bad target and none for the good one", got)
	}
	if err := loadgen.WriteJSON(&object, results); err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Target   string
		P99      int64 `json:"p99_us"`
		Outcomes map[string]uint64
		Stolen   float64            `json:"stolen_share"`
		Ratio    map[string]float64 `json:"compared_with_first"`
	}
	if err := json.Unmarshal(object.Bytes(), &rows); err != nil || len(rows) != 2 || rows[0].P99 < 1000 ||
		rows[1].Outcomes["timeout"] == 0 || rows[1].Ratio["p50"] == 0 || rows[1].Stolen != 0.25 {
		t.Errorf("got %v\n%s\nwant two rows with times, outcomes, ratios and 25 %% of steal", err, object.String())
	}
	if err := loadgen.WriteCSV(&table, results); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(lines) != 5 || !strings.Contains(lines[4][11], "timeout=") || lines[4][12] != "0.500" {
		t.Errorf("got %v %q, want a header and four rows with outcomes and steal", err, lines)
	}
}
