package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/hostcall"
	"callfn/internal/kv"
	"callfn/internal/kv/memkv"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// couchdb is a place of others: it refuses what declares bindings, as the show does, and counts what it is asked.
type couchdb struct {
	doc   json.RawMessage
	asked int
	read  int
}

func (c *couchdb) Evaluate(context.Context, function.Evaluation) (runs.Report, error) {
	c.asked++
	if queryserver.ReadDocument(c.doc).Declares() {
		return runs.Report{Outcome: runs.Refused, Error: &runs.Failure{Message: queryserver.NoBindings}}, nil
	}
	return runs.Report{Outcome: runs.OK, Value: json.RawMessage(`"there"`), Place: runs.InShow}, nil
}

func (c *couchdb) document(context.Context, string) (json.RawMessage, error) {
	c.read++
	return c.doc, nil
}

// A function with bindings is refused by the CouchDB once. Then it runs here at once, from its document as it is stored
// at that moment, and in the CouchDB again when it declares none any more.
func TestBoundRemembers(t *testing.T) {
	stored := func(bindings string) json.RawMessage {
		return json.RawMessage(`{"_id":"f","pvt_type":"function","pvt_account_id":"` + runnertest.Account +
			`","function_js":"return env.A","bindings":` + bindings + `}`)
	}
	own := ownSandbox(t)
	own.Calls = calls()
	there := &couchdb{}
	d := &function.Bound{Driver: there, Own: own, Document: there.document}
	for i, c := range []struct {
		doc         json.RawMessage
		want        string
		place       runs.Place
		asked, read int
	}{
		{stored(`{}`), `"there"`, runs.InShow, 1, 0},
		{stored(`{"env":{"A":"one"}}`), `"one"`, runs.InDirect, 1, 1},
		{stored(`{"env":{"A":"two"}}`), `"two"`, runs.InDirect, 0, 1},
		{stored(`null`), `"there"`, runs.InShow, 1, 1},
		{stored(`null`), `"there"`, runs.InShow, 1, 0},
	} {
		there.doc, there.asked, there.read = c.doc, 0, 0
		report, err := d.Evaluate(t.Context(), function.Evaluation{
			Function: "f", Terms: runs.Terms{Run: "r", Account: runnertest.Account},
			Params: map[string]string{"Account-ID": runnertest.Account},
		})
		if err != nil || string(report.Value) != c.want || report.Place != c.place || there.asked != c.asked ||
			there.read != c.read {
			t.Errorf("run %d: got %s %+v in %q, %v, asked %d, read %d; want %s in %q, asked %d, read %d", i, report.Value,
				report.Error, report.Place, err, there.asked, there.read, c.want, c.place, c.asked, c.read)
		}
	}
	there.doc = nil // deleted meanwhile
	report, err := d.Evaluate(t.Context(), function.Evaluation{Function: "f", Terms: runs.Terms{Run: "r"}})
	if err != nil || report.Place != runs.InShow {
		t.Errorf("an unknown function: got %+v %v, want the CouchDB's answer", report, err)
	}
}

// A place of others cannot make this process run a function with bindings that its document does not declare.
func TestBoundBelievesTheDocument(t *testing.T) {
	liar := driverOf(func() runs.Report {
		return runs.Report{Outcome: runs.Refused, Error: &runs.Failure{Message: queryserver.NoBindings + "!"}}
	})
	own := ownSandbox(t)
	own.Calls = calls()
	d := &function.Bound{Driver: liar, Own: own, Document: func(context.Context, string) (json.RawMessage, error) {
		return json.RawMessage(`{"pvt_type":"function","function_js":"return 1"}`), nil
	}}
	report, err := d.Evaluate(t.Context(), function.Evaluation{Function: "f", Terms: runs.Terms{Run: "r"}})
	if err != nil || report.Outcome != runs.Refused || report.Place != "" {
		t.Errorf("got %+v %v, want the refusal as it came", report, err)
	}
}

type driverOf func() runs.Report

func (f driverOf) Evaluate(context.Context, function.Evaluation) (runs.Report, error) {
	return f(), nil
}

// slowKV answers reads late.
type slowKV struct{ kv.Engine }

func (s slowKV) Read(ctx context.Context, key kv.Key, now time.Time) (*kv.Entry, error) {
	select {
	case <-time.After(40 * time.Millisecond):
		return s.Engine.Read(ctx, key, now)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// waiting is a sandbox with workers of their own for functions that wait, whose store is slow, and an engine that runs
// documents in it.
func waiting(t testing.TB, workers int) func(account, source, bindings string) (runs.Report, error) {
	lanes := fair.Lanes{
		Calls: fair.NewLane(sandboxtest.Pool(t, 2), fair.Config{Workers: 2, Queue: 256, MaxWait: runs.CallWait}),
		Waiting: fair.NewLane(sandboxtest.Pool(t, workers), fair.Config{
			Workers: workers, Queue: 256, AccountWorkers: workers / 2, MaxWait: runs.WaitingWait,
		}),
	}
	engine := function.Sandbox{
		Eval: lanes, Wh: wh(t),
		Calls: hostcall.New(hostcall.Config{KV: kv.New(slowKV{memkv.New()}, kv.Options{}), RemoteKV: true}),
	}
	return func(account, source, bindings string) (runs.Report, error) {
		text, err := json.Marshal(source)
		if err != nil {
			return runs.Report{}, err
		}
		doc := queryserver.ReadDocument(json.RawMessage(`{"pvt_type":"function","pvt_account_id":"` + account +
			`","function_js":` + string(text) + `,"bindings":` + bindings + `}`))
		return engine.Show(t.Context(), doc, function.Evaluation{
			Terms:  runs.Terms{Run: "r", Account: account, Root: account, Deadline: time.Second},
			Params: map[string]string{"Account-ID": account},
		})
	}
}

const (
	waits = `for (var i = 0; i < 30; i++) { try { kv.get('k') } catch (e) {} } return 1`
	ofKV  = `{"kv":{"scope":"account"}}`
)

// Functions that wait have half of their workers for one account, and are refused soon beyond, while functions that do
// not wait go on as if they were not there.
func TestWaitingFunctionsDelayNobody(t *testing.T) {
	run := waiting(t, 4)
	pure := func() []time.Duration {
		var took []time.Duration
		for range 100 {
			start := time.Now()
			report, err := run("a", `return 1`, `{}`)
			if err != nil || report.Outcome != runs.OK {
				t.Fatalf("a function that does not wait: got %s %+v %v, want %s", report.Outcome, report.Error, err, runs.OK)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		return took
	}
	_ = pure() // the first runs meet workers that have not run anything
	alone := pure()
	var mu sync.Mutex
	refused, ran, errs := map[string]int{}, map[string]int{}, []error{}
	var wg sync.WaitGroup
	for i := range 40 {
		account := "a"
		if i%20 == 0 {
			account = "b"
		}
		wg.Go(func() {
			start := time.Now()
			report, err := run(account, waits, ofKV)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && report.Outcome == runs.OK && report.Waited > time.Second:
				ran[account]++
			case err != nil && strings.Contains(err.Error(), "too many functions wait"):
				refused[account]++
				if took := time.Since(start); took > time.Second {
					errs = append(errs, fmt.Errorf("refused after %s", took))
				}
			default:
				errs = append(errs, fmt.Errorf("outcome %s %+v, waited %s: %w", report.Outcome, report.Error, report.Waited, err))
			}
		})
	}
	await.True(t, "refusals", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return refused["a"] > 0
	})
	beside := pure()
	wg.Wait()
	for _, err := range errs {
		t.Errorf("who waits: %v, want it run, or refused within %s", err, runs.WaitingWait)
	}
	if ran["a"] != 2 || ran["b"] != 2 || refused["a"] != 36 {
		t.Errorf("got %v run and %v refused, want two of each account run", ran, refused)
	}
	p99 := func(d []time.Duration) time.Duration { return d[len(d)*99/100] }
	t.Logf("p99 alone %s, beside functions that wait %s", p99(alone), p99(beside))
	if slowest := beside[len(beside)-1]; slowest > 500*time.Millisecond {
		t.Errorf("the slowest that does not wait took %s, want it to wait for nobody", slowest)
	}
}

// BenchmarkBindings is BenchmarkSandbox of functions that ask: what a host call costs a run. The store is in memory;
// what a synced write costs is the store's own.
func BenchmarkBindings(b *testing.B) {
	store := memkv.NewStore()
	own := function.Sandbox{
		Eval: sandboxtest.Pool(b, 1), Wh: wh(b), Limits: sandbox.Limits{Deadline: runs.MaxDeadline},
		Calls: hostcall.New(hostcall.Config{KV: store}),
	}
	if _, err := store.Set(b.Context(), kv.Key{Account: "a", Name: "vip"}, json.RawMessage(`{"n":1}`),
		kv.SetOptions{}); err != nil {
		b.Fatal(err)
	}
	const writes = `{"kv":{"scope":"account","write":true}}`
	for _, c := range []struct{ name, source, bindings string }{
		{"none", `return {module: 'user', data: {id: call.To}}`, `{}`},
		{"declared", `return {module: 'user', data: {id: call.To}}`, writes},
		{"get", `kv.get('vip'); return {module: 'user', data: {id: call.To}}`, writes},
		{"ten_gets", `for (var i = 0; i < 10; i++) { kv.get('vip') } return {module: 'user', data: {id: call.To}}`, writes},
		{"incr", `kv.incr('n'); return {module: 'user', data: {id: call.To}}`, writes},
	} {
		text, err := json.Marshal(c.source)
		if err != nil {
			b.Fatal(err)
		}
		doc := json.RawMessage(`{"pvt_type":"function","pvt_account_id":"a","function_js":` + string(text) + `,"bindings":` +
			c.bindings + `}`)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				report, err := own.Show(b.Context(), queryserver.ReadDocument(doc), function.Evaluation{
					Terms:  runs.Terms{Run: "r", Account: "a", Origin: "call"},
					Params: map[string]string{"Account-ID": "a", "To": "1000"},
				})
				if err != nil || report.Outcome != runs.OK {
					b.Fatalf("got %s %+v %v, want %s", report.Outcome, report.Error, err, runs.OK)
				}
			}
		})
	}
}
