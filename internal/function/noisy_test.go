package function_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/account"
	"callfn/internal/await"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

// Through the node's _show: 110 calls of account A whose function never ends, and rehearsals of account C that neither
// do, beside the calls of account B. Every run of B succeeds, none waits for one of A's to end, and what is refused is
// refused at once. The ratio of B's p95 is logged, since it depends on what else the machine does.
func TestNoisyNeighbour(t *testing.T) {
	const deadline = time.Second
	calls, rehearsals := sandboxtest.Pool(t, 2), sandboxtest.Pool(t, 1)
	lanes := fair.Lanes{
		Calls: fair.NewLane(calls, fair.Config{Workers: 2, Queue: 256, MaxWait: runs.CallWait}),
		Rehearsals: fair.NewLane(rehearsals, fair.Config{
			Workers: 1, Queue: 256,
			MaxWait: runs.RehearsalWait,
		}),
	}
	engine := queryserver.Engine{Shows: lanes, Maps: rehearsals, Limits: sandbox.Limits{Deadline: deadline}}
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	place := onNode(install(t, connect(t, datastore.Config{URL: "http://node", Transport: node.Transport()}),
		couchapp.Callfn))
	for id, doc := range map[string]struct{ account, source string }{
		"0000000000000000000000000000000a": {"a", "for (;;) {}"},
		"0000000000000000000000000000000b": {"b", "return {module: 'hangup', data: {}}"},
		"0000000000000000000000000000000c": {"c", "for (;;) {}"},
	} {
		if err := place.Store(t.Context(), map[string]any{
			"_id": id, "pvt_type": "function", "pvt_account_id": doc.account,
			"function_js": doc.source,
		}); err != nil {
			t.Fatal(err)
		}
	}
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	runner := function.NewRunner(function.Config{
		Driver: place.Driver, Flows: set, Deadline: deadline, NewRun: func() runs.ID { return "r1" },
		Root: func(_ context.Context, id account.ID) account.ID { return id },
	})
	run := func(ctx context.Context, acct string, origin function.Origin) function.Result {
		return runner.Run(ctx, function.Request{
			Account: account.ID(acct), Function: function.ID("0000000000000000000000000000000" + acct), Origin: origin,
			Params: map[string]string{"To": "1"},
		})
	}
	callsOfB := func() []time.Duration {
		var took []time.Duration
		for range 100 {
			res := run(context.Background(), "b", function.FromCall)
			if res.Outcome != runs.OK {
				t.Fatalf("B: got %s %+v, want %s", res.Outcome, res.Error, runs.OK)
			}
			took = append(took, res.Duration)
			time.Sleep(5 * time.Millisecond) // a caller, not a benchmark
		}
		slices.Sort(took)
		return took
	}

	quiet := callsOfB()
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var refused []time.Duration
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	loop := func(acct string, origin function.Origin) {
		for ctx.Err() == nil {
			res := run(ctx, acct, origin)
			if res.Outcome == runs.Refused && res.Error.Message == "the account has too many functions waiting to run" {
				mu.Lock()
				refused = append(refused, res.Duration)
				mu.Unlock()
			}
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	for i := range 120 {
		if i < 110 {
			wg.Go(func() { loop("a", function.FromCall) })
		} else {
			wg.Go(func() { loop("c", function.FromRehearsal) })
		}
	}
	full := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(refused) > 0
	}
	await.True(t, "A's queue full: the test shows nothing otherwise", full)
	noisy := callsOfB()
	p95 := func(d []time.Duration) time.Duration { return d[len(d)*95/100] }
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(refused)
	t.Logf("B's p95 alone %s, beside A and C %s: ratio %.2f; slowest %s; %d refused, half within %s", p95(quiet),
		p95(noisy),
		float64(p95(noisy))/float64(p95(quiet)), noisy[len(noisy)-1], len(refused), refused[len(refused)/2])
	if slowest := noisy[len(noisy)-1]; slowest > deadline*9/10 {
		t.Errorf("a run of B took %s, want at most %s: it waited for A", slowest, deadline*9/10)
	}
	if half := refused[len(refused)/2]; half > 100*time.Millisecond {
		t.Errorf("half of what is refused takes more than %s, want at most 100ms", half)
	}
}
