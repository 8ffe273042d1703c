package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/function/workload"
	"callfn/internal/loadgen"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/internal/steal"
)

// BenchmarkStep is the whole step of a call that meets the module `function`: executor, runner, show on the embedded
// node, a fresh realm in a sandbox process, validated flow, run recorded. docs/performance.md says how it is read.
func BenchmarkStep(b *testing.B) {
	s := embeddedStep(b)
	for i, f := range workload.Functions() {
		b.Run(f.Name, func(b *testing.B) {
			c := s.caller(b, i, accountID(i), f)
			s.run(b, func(uint64) caller { return c })
		})
	}
}

// BenchmarkMixedTenants is BenchmarkStep of 1,000 accounts, some of which get far more calls than others: Zipf's law.
func BenchmarkMixedTenants(b *testing.B) {
	const accounts = 1000
	s := embeddedStep(b)
	usual := workload.Functions()[:4]
	tenants := s.fill(b, accounts, accounts, func(n int) workload.Function { return usual[n%len(usual)] })
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, accounts-1)
	drawn := make([]caller, 1<<14)
	for i := range drawn {
		drawn[i] = tenants[zipf.Uint64()]
	}
	s.run(b, func(n uint64) caller { return drawn[n%uint64(len(drawn))] })
}

// BenchmarkHostile is BenchmarkStep of hello while another account calls too, one call to a hundred, and its functions
// do their worst. Only the good account's calls are measured.
func BenchmarkHostile(b *testing.B) {
	s := embeddedStep(b)
	good := s.caller(b, 0, accountID(0), workload.Functions()[0])
	var bad []caller
	for i, f := range workload.Hostile() {
		bad = append(bad, s.caller(b, 1+i, accountID(1), f))
	}
	ctx, cancel := context.WithCancel(b.Context())
	var attacks sync.WaitGroup
	defer attacks.Wait()
	defer cancel()
	going := make(chan struct{}, 100) // calls of the hostile account
	s.run(b, func(n uint64) caller {
		if n%100 == 0 {
			select {
			case going <- struct{}{}:
				attacks.Go(func() {
					c := bad[int(n/100)%len(bad)]
					if got := s.walk(ctx, c); got == runs.OK {
						b.Errorf("function %s: got outcome %s, want another", c.function, got)
					}
					<-going
				})
			default:
			}
		}
		return good
	})
}

// others are how many functions of how many accounts there are where growth is measured.
var others = []struct{ functions, accounts int }{{100, 1}, {10_000, 100}, {100_000, 1000}}

// BenchmarkStepAmong is BenchmarkStep of hello, each call to another function, of few and of many.
func BenchmarkStepAmong(b *testing.B) {
	hello := workload.Functions()[0]
	for _, among := range others {
		b.Run(fmt.Sprint(among.functions), func(b *testing.B) {
			s := embeddedStep(b)
			callers := s.fill(b, among.functions, among.accounts, func(int) workload.Function { return hello })
			s.run(b, func(n uint64) caller { return callers[n*7919%uint64(len(callers))] })
		})
	}
}

// BenchmarkGrowth is BenchmarkStepAmong of few and of many in turns: what a run costs must not grow with what there is.
// Run it with -benchtime 1x; it stores 100,000 functions first.
func BenchmarkGrowth(b *testing.B) {
	hello := workload.Functions()[0]
	var targets []loadgen.Target
	for _, among := range others {
		s := embeddedStep(b)
		callers := s.fill(b, among.functions, among.accounts, func(int) workload.Function { return hello })
		var n atomic.Uint64
		targets = append(targets, loadgen.Target{Name: fmt.Sprint(among.functions), Call: func(ctx context.Context) string {
			return string(s.walk(ctx, callers[n.Add(1)*7919%uint64(len(callers))]))
		}})
	}
	plan := loadgen.Plan{
		Connections: 2 * runtime.GOMAXPROCS(0), WarmUp: time.Second, Duration: 10 * time.Second,
		Rounds: 10, Timeout: 5 * time.Second,
	}
	for b.Loop() {
		results, err := loadgen.Run(b.Context(), plan, targets)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range results {
			if r.Bad.Count() > 0 {
				b.Errorf("among %s: got the outcomes %v, want ok alone", r.Name, r.Outcomes)
			}
			b.ReportMetric(r.Rate(), "calls/s-among-"+r.Name)
			b.ReportMetric(1/r.RatioTo(results[0]).Rate, "times-among-"+r.Name)
			b.ReportMetric(100*r.Stolen, "steal-%-among-"+r.Name)
		}
	}
}

// BenchmarkSandbox is a run without datastore, executor and validation: parameters handed to a sandbox process, a fresh
// realm, its answer read.
func BenchmarkSandbox(b *testing.B) {
	d := &poolDriver{pool: sandboxtest.Pool(b, runtime.GOMAXPROCS(0)), wh: wh(b), docs: map[function.ID]json.RawMessage{}}
	for _, f := range workload.Functions() {
		b.Run(f.Name, func(b *testing.B) {
			if err := d.store(b.Context(), functionDocument(f.Name, runnertest.Account, f)); err != nil {
				b.Fatal(err)
			}
			params := f.Params()
			params["Account-ID"] = runnertest.Account
			measure(b, func(n uint64) error {
				ev, err := d.Evaluate(
					b.Context(),
					function.Evaluation{
						Terms:    runs.Terms{Run: "0123456789abcdef0123456789abcdef"},
						Function: function.ID(f.Name),
						Params:   params,
					},
				)
				if err == nil && ev.Outcome != runs.OK {
					err = fmt.Errorf("%s: %s %+v", f.Name, ev.Outcome, ev.Error)
				}
				return err
			})
		})
	}
}

// BenchmarkStepAt500 is BenchmarkStep of hello for calls that come at 500 a second whether or not earlier ones are
// done: what a caller waits, counted from when the call came. Run it with -benchtime 1x.
func BenchmarkStepAt500(b *testing.B) { stepAt(b, 500) }

// BenchmarkStepAt2000 is BenchmarkStepAt500 at 2,000 calls a second.
func BenchmarkStepAt2000(b *testing.B) { stepAt(b, 2000) }

func stepAt(b *testing.B, rate float64) {
	s := embeddedStep(b)
	c := s.caller(b, 0, accountID(0), workload.Functions()[0])
	target := loadgen.Target{Name: "step", Call: func(ctx context.Context) string { return string(s.walk(ctx, c)) }}
	plan := loadgen.Plan{
		Rate: rate, Connections: 256, WarmUp: time.Second, Duration: 5 * time.Second, Rounds: 1,
		Timeout: 5 * time.Second,
	}
	for b.Loop() {
		results, err := loadgen.Run(b.Context(), plan, []loadgen.Target{target})
		if err != nil {
			b.Fatal(err)
		}
		r := results[0]
		if r.Bad.Count() > 0 {
			b.Logf("this machine did not take %g a second: outcomes %v", rate, r.Outcomes)
		}
		b.ReportMetric(100*r.FailedShare(), "failed-%")
		b.ReportMetric(100*r.Stolen, "steal-%")
		for name, share := range map[string]float64{"p50-µs": 0.5, "p95-µs": 0.95, "p99-µs": 0.99} {
			b.ReportMetric(float64(r.Good.Quantile(share).Microseconds()), name)
		}
	}
}

// BenchmarkLongParameters is BenchmarkStep of hello with so many bytes of parameters that hello does not read: in one
// parameter, and in a hundred. Their bytes are copied some times on their way, and no more.
func BenchmarkLongParameters(b *testing.B) {
	s := embeddedStep(b)
	hello := workload.Functions()[0]
	for _, of := range []struct{ bytes, parameters int }{{0, 0}, {10_000, 1}, {100_000, 1}, {100_000, 100}} {
		b.Run(fmt.Sprintf("%d_bytes_in_%d", of.bytes, of.parameters), func(b *testing.B) {
			c := s.caller(b, 0, accountID(0), hello)
			c.call.ApplicationVars = map[string]any{}
			for n := range of.parameters {
				c.call.ApplicationVars[fmt.Sprint("v", n)] = strings.Repeat("x", of.bytes/of.parameters)
			}
			s.run(b, func(uint64) caller { return c })
		})
	}
}

// measure runs do by two callers a core, who number their calls, and reports calls a second and how long they took
// besides, and how much of the processors' time was kept from this machine meanwhile.
func measure(b *testing.B, do func(n uint64) error) {
	b.Helper()
	if err := do(1); err != nil { // warm, and worth measuring
		b.Fatal(err)
	}
	var calls atomic.Uint64
	var mu sync.Mutex
	took := hdrhistogram.New(1, time.Minute.Microseconds(), 3)
	b.ReportAllocs()
	b.SetParallelism(2)
	before := steal.Now()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			began := time.Now()
			if err := do(calls.Add(1)); err != nil {
				b.Error(err)
				return
			}
			mu.Lock()
			_ = took.RecordValue(time.Since(began).Microseconds())
			mu.Unlock()
		}
	})
	b.ReportMetric(float64(took.ValueAtQuantile(50)), "p50-µs")
	b.ReportMetric(float64(took.ValueAtQuantile(99)), "p99-µs")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(100*steal.Now().Since(before), "steal-%")
}

// functionDocument is a function as it is stored.
func functionDocument(id, owner string, f workload.Function) map[string]any {
	return map[string]any{
		"_id": id, "pvt_type": function.DocumentType, "pvt_account_id": owner, "name": strings.ReplaceAll(f.Name, "_", " "),
		"function_js": f.Source,
	}
}

// BenchmarkRespawn is how long it takes until the next run is done where the only sandbox process had to be killed:
// with a spare, as calls have in `callfn serve`, and without, which is what starting one takes.
func BenchmarkRespawn(b *testing.B) {
	for name, spares := range map[string]int{"with a spare": 1, "without": 0} {
		b.Run(name, func(b *testing.B) { respawn(b, spares) })
	}
}

func respawn(b *testing.B, spares int) {
	pool, err := sandbox.NewPool(sandbox.Config{Command: sandboxtest.Command(b), Workers: 1, Spares: spares})
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	bad := sandbox.Job{
		Kind: sandbox.KindShow, Run: "0123456789abcdef0123456789abcdef",
		Source: "function () { return [].indexOf.call({length: 9e15}, 1); }",
		Doc:    json.RawMessage("{}"), Req: json.RawMessage("{}"), Limits: sandbox.Limits{Deadline: 20 * time.Millisecond},
	}
	good := bad
	good.Source, good.Limits = "function () { return {json: 1}; }", sandbox.Limits{}
	took := hdrhistogram.New(1, time.Minute.Microseconds(), 3)
	before := steal.Now()
	for b.Loop() {
		a, err := pool.Do(b.Context(), bad)
		if err != nil || a.Replaced == nil {
			b.Fatalf("got %s %s, error %v; want the worker killed", a.Outcome, a.Body, err)
		}
		killed := time.Now()
		if a, err := pool.Do(b.Context(), good); err != nil || a.Outcome != runs.OK {
			b.Fatalf("the next run: got %s %s, error %v; want %s", a.Outcome, a.Body, err, runs.OK)
		}
		_ = took.RecordValue(time.Since(killed).Microseconds())
	}
	b.ReportMetric(float64(took.ValueAtQuantile(50)), "p50-µs")
	b.ReportMetric(float64(took.ValueAtQuantile(95)), "p95-µs")
	b.ReportMetric(100*steal.Now().Since(before), "steal-%")
}
