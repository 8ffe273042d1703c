package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/function/hostiletest"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// marking is an ordinary function that also tries to leave its caller's mark where another run could find it, and tells
// every mark it finds.
const marking = `
var found = [], places = [this, Object.prototype, Function.prototype, JSON, Math, Date, log];
for (var i = 0; i < places.length; i++) {
  if (places[i].mark !== undefined) { found.push(places[i].mark) }
}
for (i = 0; i < places.length; i++) {
  try { Object.defineProperty(places[i], 'mark', {value: call.me, configurable: true}) } catch (e) {}
}
log('run of ' + call.me);
return {module: 'noop', data: {me: call.me, found: found}};
`

// harms are what one run in a hundred does instead.
var harms = []string{
	`while (true) {}`, `return [].indexOf.call({length: 9e15}, 1)`, `var s = 'x'; for (;;) { s += s }`,
	`var a = []; for (;;) { a.push({}) }`, `function f() { return f() + 1 } return f()`, `throw ['fatal', 'x', 'y']`,
	`Object.prototype.toJSON = function () { return 'forged' }; JSON.parse = null; stolen = call; return {}`,
	`var n = []; for (var i = 0; i < 300000; i++) { n = [n] } this.n = n; return n`,
	`for (var i = 0; i < 50000; i++) { log(i) } return 'x'.repeat(1e6)`,
	`return /^(a+)+\1$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')`,
}

// TestSoak runs many tenants side by side, one run in a hundred hostile: nobody ever sees another's mark, everybody
// gets their own answer, and memory, processes and goroutines stay where they were. CALLFN_TEST_SOAK=1h makes it long.
func TestSoak(t *testing.T) {
	long := 3 * time.Second
	if text := os.Getenv("CALLFN_TEST_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal("CALLFN_TEST_SOAK: ", err)
		}
		long = d
	}
	const tenants, workers = 20, 2
	d := &poolDriver{pool: sandboxtest.Pool(t, workers), wh: wh(t), docs: map[function.ID]json.RawMessage{}}
	ctx := context.Background()
	for i := range tenants {
		err := d.store(ctx, map[string]any{
			"_id": fmt.Sprint("good", i), "pvt_type": "function",
			"pvt_account_id": fmt.Sprint(i), "function_js": marking,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, js := range harms {
		if err := d.store(ctx, map[string]any{
			"_id": fmt.Sprint("bad", i), "pvt_type": "function", "pvt_account_id": "0",
			"function_js": js,
		}); err != nil {
			t.Fatal(err)
		}
	}
	limits := sandbox.Limits{Deadline: time.Second}
	var done, bad, hits atomic.Int64
	burst := func(length time.Duration) {
		end := time.Now().Add(length)
		var wg sync.WaitGroup
		for lane := range 4 {
			wg.Go(func() {
				dice := rand.New(rand.NewPCG(uint64(lane), uint64(done.Load())))
				for time.Now().Before(end) {
					n := done.Add(1)
					tenant := fmt.Sprint(dice.IntN(tenants))
					if n%100 == 0 {
						hostile := fmt.Sprint("bad", bad.Add(1)%int64(len(harms)))
						if _, err := d.run(ctx, hostile, map[string]string{"me": "evil", "Account-ID": "0"},
							sandbox.Limits{Deadline: 150 * time.Millisecond}); err != nil {
							t.Errorf("%s: got %v, want an outcome", hostile, err)
						}
						continue
					}
					me := fmt.Sprintf("%s-%d", tenant, n)
					got, err := d.run(ctx, "good"+tenant, map[string]string{"me": me, "Account-ID": tenant}, limits)
					if err == nil && got.Outcome == runs.Timeout {
						continue // a machine this busy tells nothing
					}
					want := fmt.Sprintf(`{"module":"noop","data":{"me":%q,"found":[]}}`, me)
					if err != nil || string(got.Value) != want || len(got.Logs) != 1 || got.Logs[0] != "run of "+me {
						hits.Add(1)
						t.Errorf("%s got %s %s %+v %q, error %v; want %s and its own log", me, got.Outcome, got.Value, got.Error,
							got.Logs, err, want)
					}
				}
			})
		}
		wg.Wait()
	}
	measure := func() (rss int64, processes, goroutines int) {
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if free, all := d.pool.Workers(); free == all || time.Now().After(limit) {
				break // replacements are up
			}
		}
		pids := here()
		for _, pid := range pids {
			rss += hostiletest.RSS(pid)
		}
		runtime.GC()
		return rss + hostiletest.RSS(os.Getpid()), len(pids), runtime.NumGoroutine()
	}
	burst(long / 4)
	rss, processes, goroutines := measure()
	burst(long)
	rssNow, processesNow, goroutinesNow := measure()
	t.Logf("%d runs, %d hostile, %d hits; %d MiB, then %d; %d processes, then %d; %d goroutines, then %d",
		done.Load(), bad.Load(), hits.Load(), rss>>20, rssNow>>20, processes, processesNow, goroutines, goroutinesNow)
	if rssNow > rss+rss/2+64<<20 {
		t.Errorf("memory grew from %d to %d MiB, want at most %d", rss>>20, rssNow>>20, (rss+rss/2)>>20+64)
	}
	if processesNow > processes || goroutinesNow > goroutines+4 {
		t.Errorf("%d processes and %d goroutines became %d and %d, want no more", processes, goroutines, processesNow,
			goroutinesNow)
	}
	if bad.Load() == 0 || done.Load() < 100 {
		t.Errorf("%d runs, %d hostile, want at least 100 and one: that shows nothing", done.Load(), bad.Load())
	}
}

// run is one run of a stored function within limits.
func (d *poolDriver) run(ctx context.Context, id string, params map[string]string,
	limits sandbox.Limits,
) (runs.Report, error) {
	req, err := request(function.Evaluation{Terms: runs.Terms{Run: "soak"}, Params: params})
	if err != nil {
		return runs.Report{}, err
	}
	resp, err := queryserver.Show(ctx, d.pool, d.wh, d.doc(function.ID(id)), req, limits)
	if err != nil {
		return runs.Report{}, err
	}
	return enveloped(resp, "soak")
}
