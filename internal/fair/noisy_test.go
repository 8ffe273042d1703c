package fair_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"callfn/internal/fair"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

const show = `function (doc, req) { return {json: new Function('call', doc.function_js)(req.query)}; }`

func job(root, account, body string) sandbox.Job {
	doc, _ := json.Marshal(map[string]string{"function_js": body})
	return sandbox.Job{
		Kind: sandbox.KindShow, Run: "r", Source: show, Doc: doc, Req: json.RawMessage(`{"query":{}}`),
		Root: root, Account: account,
	}
}

// TestNoisyNeighbour runs 110 endless loops of account A and of children of A beside a caller of account B. It logs the
// ratio of B's p95. What it asserts also holds on a busy machine: every run of B succeeds, and none waits until one of
// A's runs reaches its deadline. One run of B may wait that long where A behaved before and could take every worker.
func TestNoisyNeighbour(t *testing.T) {
	const deadline = 500 * time.Millisecond
	for _, loop := range []struct {
		name, body string
		behaved    int // short runs of A beforehand
	}{
		{"loops", `for (;;) {}`, 0},
		{"native loops, which cost a worker each", `Array.prototype.indexOf.call({length: 9e15}, 1)`, 0},
		{"loops after good behaviour", `for (;;) {}`, 50},
	} {
		t.Run(loop.name, func(t *testing.T) {
			lane := fair.NewLane(sandboxtest.Pool(t, 2), fair.Config{Workers: 2, Queue: 256})
			ctx, cancel := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			defer wg.Wait()
			defer cancel()
			_, quiet := callsOf(t, lane, "b", 200, 0)
			callsOf(t, lane, "a", loop.behaved, 0)
			for i := range 110 {
				wg.Go(func() {
					account := []string{"a", "child1", "child2"}[i%3]
					for ctx.Err() == nil {
						j := job("a", account, loop.body)
						j.Limits.Deadline = deadline
						_, err := lane.Do(ctx, j)
						if errors.Is(err, sandbox.ErrBusy) {
							select {
							case <-ctx.Done():
							case <-time.After(100 * time.Millisecond):
							}
						}
					}
				})
			}
			for lane.Stats().Waiting == 0 {
				time.Sleep(time.Millisecond)
			}
			slowest, noisy := callsOf(t, lane, "b", 200, min(loop.behaved, 1))
			t.Logf("B's p95 alone %s, beside 110 loops of A %s: ratio %.2f; slowest %s", quiet, noisy,
				float64(noisy)/float64(quiet), slowest)
			if slowest > deadline*8/10 {
				t.Errorf("a run of B took %s, want at most %s: it waited for A", slowest, deadline*8/10)
			}
		})
	}
}

// callsOf makes n calls in sequence. It returns the 95th percentile and the slowest call after leaving out the forgiven
// number of slowest calls.
func callsOf(t *testing.T, lane *fair.Lane, account string, n, forgiven int) (slowest, p95 time.Duration) {
	t.Helper()
	if n == 0 {
		return 0, 0
	}
	var took []time.Duration
	for range n {
		start := time.Now()
		a, err := lane.Do(context.Background(), job(account, account, `return {module: 'tts', data: {text: 'hi'}}`))
		if err != nil || a.Outcome != runs.OK {
			t.Fatalf("a run of %s: got %s, error %v; want %s", account, a.Outcome, err, runs.OK)
		}
		took = append(took, time.Since(start))
		time.Sleep(5 * time.Millisecond) // the pace of a caller, not of a benchmark
	}
	slices.Sort(took)
	return took[len(took)-1-forgiven], took[len(took)*95/100]
}
