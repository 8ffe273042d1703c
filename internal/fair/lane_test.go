package fair_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"callfn/internal/fair"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// gate is a pool whose jobs end when the test says so. It records which jobs run.
type gate struct {
	mu      sync.Mutex
	started chan sandbox.Job
	end     map[runs.ID]chan struct{}
	opened  bool
}

func newGate() *gate {
	return &gate{started: make(chan sandbox.Job, 1000), end: map[runs.ID]chan struct{}{}}
}

func (g *gate) Do(_ context.Context, j sandbox.Job) (sandbox.Answer, error) {
	g.mu.Lock()
	end := make(chan struct{})
	g.end[j.Run] = end
	if g.opened {
		close(end)
	}
	g.mu.Unlock()
	g.started <- j
	<-end
	return sandbox.Answer{Report: runs.Report{Run: j.Run, Outcome: runs.OK}}, nil
}

func (g *gate) finish(run runs.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.end[run])
}

// jobs starts jobs on a lane in order: each one is running, waiting or refused before the next starts. It uses the
// clock of the test's synctest bubble.
type jobs struct {
	lane *fair.Lane
	errs sync.Map
	wg   sync.WaitGroup
}

func (js *jobs) start(t testing.TB, root, account string, run runs.ID) {
	t.Helper()
	js.wg.Go(func() {
		_, err := js.lane.Do(context.Background(), sandbox.Job{Root: root, Account: account, Run: run})
		js.errs.Store(run, err)
	})
	synctest.Wait()
}

// open ends all running jobs and all that come later.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = true
	for _, end := range g.end {
		close(end)
	}
}

// expect checks that exactly these jobs have started since the last call.
func (g *gate) expect(t testing.TB, want ...runs.ID) {
	t.Helper()
	synctest.Wait()
	var started []runs.ID
	for len(g.started) > 0 {
		started = append(started, (<-g.started).Run)
	}
	if !slices.Equal(started, want) {
		t.Fatalf("%q began to run, want %q", started, want)
	}
}

func TestOneAccountLeavesAWorkerFree(t *testing.T) {
	synctest.Test(t, oneAccountLeavesAWorkerFree)
}

func oneAccountLeavesAWorkerFree(t *testing.T) {
	g := newGate()
	js := &jobs{lane: fair.NewLane(g, fair.Config{Workers: 2, Queue: 100, MaxWait: time.Minute})}
	js.start(t, "a", "a", "a1")
	js.start(t, "a", "a", "a2")
	js.start(t, "a", "a-child", "a3")
	g.expect(t, "a1")
	js.start(t, "b", "b", "b1")
	g.expect(t, "b1")
	g.finish("b1")
	time.Sleep(time.Second)
	g.finish("a1") // in the tree of a, the account with less usage is next
	g.expect(t, "a3")
	g.finish("a3")
	g.expect(t, "a2")
	g.finish("a2")
	js.wg.Wait()
	if s := js.lane.Stats(); s.Running != 0 || s.Waiting != 0 {
		t.Errorf("%d run and %d wait at the end, want none", s.Running, s.Waiting)
	}
}

// An account whose runs were short may hold the last worker too, until one of its runs is long. A configured cap always
// holds.
func TestGoodStandingTakesTheLastWorker(t *testing.T) {
	for _, c := range []struct {
		name   string
		config fair.Config
		both   bool
	}{
		{"no caps given", fair.Config{}, true},
		{"a cap for accounts", fair.Config{AccountWorkers: 1}, false},
		{"a cap for trees", fair.Config{TreeWorkers: 1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				c.config.Workers, c.config.Queue, c.config.MaxWait = 2, 100, time.Minute
				js := &jobs{lane: fair.NewLane(g, c.config)}
				short := func(from, to int) {
					for i := from; i < to; i++ {
						run := runs.ID(fmt.Sprint("short", i))
						js.start(t, "a", "a", run)
						g.expect(t, run)
						time.Sleep(99 * time.Millisecond)
						g.finish(run)
						none(t, js.lane)
					}
				}
				// two starts two runs of the given length and returns how many got a worker at once.
				two := func(name runs.ID, took time.Duration) (running int) {
					js.start(t, "a", "a", name+"1")
					js.start(t, "a", "a", name+"2")
					running = js.lane.Stats().Running
					if running == 2 {
						g.expect(t, name+"1", name+"2")
					} else {
						g.expect(t, name+"1")
					}
					time.Sleep(took)
					g.finish(name + "1")
					if running == 1 {
						g.expect(t, name+"2")
					}
					g.finish(name + "2")
					none(t, js.lane)
					return running
				}
				want := 1
				if c.both {
					want = 2
				}
				if n := two("unknown", time.Millisecond); n != 1 {
					t.Errorf("an unknown account: %d workers, want 1", n)
				}
				short(2, 20)
				if n := two("proven", time.Second); n != want {
					t.Errorf("after short runs: %d workers, want %d", n, want)
				}
				short(20, 45)
				if n := two("on probation", time.Millisecond); n != 1 {
					t.Errorf("after a long run: %d workers, want 1", n)
				}
				time.Sleep(5 * time.Minute)
				if n := two("good again", time.Millisecond); n != want {
					t.Errorf("after its probation: %d workers, want %d", n, want)
				}
				js.wg.Wait()
			})
		})
	}
}

// none checks that no job runs or waits once all goroutines are blocked.
func none(t *testing.T, l *fair.Lane) {
	t.Helper()
	synctest.Wait()
	if s := l.Stats(); s.Running != 0 || s.Waiting != 0 {
		t.Fatalf("%d run and %d wait, want none", s.Running, s.Waiting)
	}
}

func TestOnlyWorkerIsUsed(t *testing.T) { synctest.Test(t, onlyWorkerIsUsed) }

func onlyWorkerIsUsed(t *testing.T) {
	g := newGate()
	js := &jobs{lane: fair.NewLane(g, fair.Config{Workers: 1, Queue: 10, MaxWait: time.Minute})}
	js.start(t, "a", "a", "a1")
	g.expect(t, "a1")
	g.finish("a1")
	js.wg.Wait()
}

// The account with less usage is next, however many jobs another has waiting.
func TestLeastUsedIsNext(t *testing.T) { synctest.Test(t, leastUsedIsNext) }

func leastUsedIsNext(t *testing.T) {
	g := newGate()
	js := &jobs{lane: fair.NewLane(g, fair.Config{Workers: 1, Queue: 100, MaxWait: time.Minute})}
	js.start(t, "a", "a", "a1")
	g.expect(t, "a1")
	for i := 2; i < 20; i++ {
		js.start(t, "a", "a", runs.ID(fmt.Sprintf("a%d", i)))
	}
	js.start(t, "b", "b", "b1")
	js.start(t, "b", "b", "b2")
	time.Sleep(time.Second)
	g.finish("a1") // a has used one second
	g.expect(t, "b1")
	time.Sleep(10 * time.Millisecond)
	g.finish("b1")
	g.expect(t, "b2")
	time.Sleep(10 * time.Millisecond)
	g.finish("b2")
	g.expect(t, "a2") // only a still waits: its jobs run in order
	for i := 2; i < 20; i++ {
		g.finish(runs.ID(fmt.Sprintf("a%d", i)))
		if i < 19 {
			g.expect(t, runs.ID(fmt.Sprintf("a%d", i+1)))
		}
	}
	js.wg.Wait()
}

func TestFullQueueRefusesAtOnce(t *testing.T) { synctest.Test(t, fullQueueRefusesAtOnce) }

func fullQueueRefusesAtOnce(t *testing.T) {
	g := newGate()
	js := &jobs{lane: fair.NewLane(g, fair.Config{Workers: 2, Queue: 8, MaxWait: time.Minute})}
	js.start(t, "a", "a", "a1")
	g.expect(t, "a1")
	for i := 2; i < 4; i++ {
		js.start(t, "a", "a", runs.ID(fmt.Sprintf("a%d", i))) // a quarter of the queue
	}
	for i, job := range []sandbox.Job{{Root: "a", Account: "a"}, {Root: "a", Account: "a"}} {
		start := time.Now()
		_, err := js.lane.Do(context.Background(), job)
		if took := time.Since(start); !errors.Is(err, sandbox.ErrBusy) || took > 0 {
			t.Errorf("job %d beyond the account's share of the queue: got %v after %s, want %v at once", i, err, took,
				sandbox.ErrBusy)
		}
	}
	js.start(t, "a", "c1", "c1")
	js.start(t, "a", "c2", "c2") // half of the queue
	if _, err := js.lane.Do(context.Background(), sandbox.Job{Root: "a", Account: "c3"}); !errors.Is(err,
		sandbox.ErrBusy) {
		t.Errorf("a third child beyond the tree's share of the queue: got %v, want %v", err, sandbox.ErrBusy)
	}
	js.start(t, "b", "b", "b1")
	g.expect(t, "b1")
	for range 4 {
		js.start(t, "b", "b2", "x") // the rest of the queue, of which one account gets two
	}
	if s := js.lane.Stats(); s.Waiting != 6 || s.Refused["full"] != 5 {
		t.Errorf("%d wait and %d were refused, want 6 and 5", s.Waiting, s.Refused["full"])
	}
	g.open()
	js.wg.Wait()
}

// longRuns teaches the lane that each of a's runs holds its worker for 20 s.
func longRuns(t *testing.T, js *jobs, g *gate) {
	t.Helper()
	for i := range 40 {
		run := runs.ID(fmt.Sprint("long", i))
		js.start(t, "a", "a", run)
		g.expect(t, run)
		time.Sleep(20 * time.Second)
		g.finish(run)
		none(t, js.lane)
	}
}

// A hopeless wait is refused at once: the account's runs are known to be long, even if the queue has room.
func TestHopelessWaitsAreRefusedAtOnce(t *testing.T) { synctest.Test(t, hopelessWaitsAreRefusedAtOnce) }

func hopelessWaitsAreRefusedAtOnce(t *testing.T) {
	g := newGate()
	js := &jobs{lane: fair.NewLane(g, fair.Config{Workers: 2, Queue: 1000, MaxWait: time.Minute})}
	longRuns(t, js, g)
	js.start(t, "a", "a", "a0")
	g.expect(t, "a0")
	waiting := 0
	for i := range 20 {
		run := runs.ID(fmt.Sprint("queued", i))
		js.start(t, "a", "a", run)
		if err, _ := js.errs.Load(run); err == nil {
			waiting++
		} else if !errors.Is(err.(error), sandbox.ErrBusy) {
			t.Error(err)
		}
	}
	if s := js.lane.Stats(); waiting < 2 || waiting > 4 || s.Waiting != waiting ||
		s.Refused[fair.Full] != uint64(20-waiting) {
		t.Errorf("%d wait for two workers with runs of 20 s and a minute's patience, want 2 to 4 and the others refused: %+v",
			waiting, s)
	}
	js.start(t, "b", "b", "b1") // the length of others' runs does not count for b
	g.expect(t, "b1")
	js.start(t, "b", "b", "b2")
	if err, refused := js.errs.Load("b2"); refused {
		t.Errorf("behind short runs of its own b is refused: %v; want it to wait", err)
	}
	g.finish("b1")
	g.expect(t, "b2")
	g.finish("b2")
	g.finish("a0")
	for i := range waiting {
		run := runs.ID(fmt.Sprint("queued", i))
		g.expect(t, run)
		g.finish(run)
	}
	js.wg.Wait()
}

// The first waiting job of a tree waits for others' runs, so the length of its own tree's runs does not matter.
func TestTheFirstOfATreeMayWait(t *testing.T) { synctest.Test(t, theFirstOfATreeMayWait) }

func theFirstOfATreeMayWait(t *testing.T) {
	g := newGate()
	js := &jobs{lane: fair.NewLane(g, fair.Config{Workers: 1, Queue: 100, MaxWait: 15 * time.Second})}
	longRuns(t, js, g)
	js.start(t, "b", "b", "b1")
	g.expect(t, "b1")
	js.start(t, "a", "a", "a1")
	if err, refused := js.errs.Load("a1"); refused {
		t.Fatalf("the first of a tree is refused: %v; want it to wait", err)
	}
	g.finish("b1")
	g.expect(t, "a1")
	g.finish("a1")
	js.wg.Wait()
}

func TestNobodyWaitsForever(t *testing.T) { synctest.Test(t, nobodyWaitsForever) }

func nobodyWaitsForever(t *testing.T) {
	g := newGate()
	lane := fair.NewLane(g, fair.Config{Workers: 1, Queue: 8, MaxWait: 20 * time.Millisecond})
	js := &jobs{lane: lane}
	js.start(t, "a", "a", "a1")
	g.expect(t, "a1")
	start := time.Now()
	_, err := lane.Do(context.Background(), sandbox.Job{Root: "b", Account: "b"})
	if took := time.Since(start); !errors.Is(err, sandbox.ErrBusy) || took != 20*time.Millisecond {
		t.Errorf("whoever waits in vain: got %v after %s, want %v after %s", err, took, sandbox.ErrBusy, 20*time.Millisecond)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := lane.Do(ctx, sandbox.Job{Root: "b", Account: "b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever gives up: got %v, want %v", err, context.Canceled)
	}
	g.finish("a1")
	js.wg.Wait()
	if s := lane.Stats(); s.Running != 0 || s.Waiting != 0 || s.Refused["waited"] != 2 {
		t.Errorf("%d run, %d wait, %d waited in vain; want 0, 0 and 2", s.Running, s.Waiting, s.Refused["waited"])
	}
}

// breaker is a pool whose worker dies on every job.
type breaker struct{ replaced chan struct{} }

func (b breaker) Do(context.Context, sandbox.Job) (sandbox.Answer, error) {
	return sandbox.Answer{Report: runs.Report{Outcome: runs.Crashed}, Replaced: b.replaced}, nil
}

func TestWhoBreaksAWorkerWaitsForTheNext(t *testing.T) {
	synctest.Test(t, whoBreaksAWorkerWaitsForTheNext)
}

func whoBreaksAWorkerWaitsForTheNext(t *testing.T) {
	b := breaker{make(chan struct{})}
	lane := fair.NewLane(b, fair.Config{Workers: 2, Queue: 8, MaxWait: 10 * time.Millisecond})
	if _, err := lane.Do(context.Background(), sandbox.Job{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := lane.Do(context.Background(), sandbox.Job{Account: "a"}); !errors.Is(err, sandbox.ErrBusy) {
		t.Errorf("while the worker is being replaced: got %v, want %v", err, sandbox.ErrBusy)
	}
	close(b.replaced)
	none(t, lane)
	if _, err := lane.Do(context.Background(), sandbox.Job{Account: "a"}); err != nil {
		t.Error(err)
	}
}

// counting is a pool that checks the caps from inside.
type counting struct {
	t        *rapid.T
	mu       sync.Mutex
	all      int
	accounts map[string]int
	trees    map[string]int
	worst    string
}

func (c *counting) Do(_ context.Context, j sandbox.Job) (sandbox.Answer, error) {
	c.add(j, 1)
	time.Sleep(50 * time.Microsecond)
	c.add(j, -1)
	return sandbox.Answer{}, nil
}

func (c *counting) add(j sandbox.Job, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all += n
	c.accounts[j.Account] += n
	c.trees[j.Root] += n
	if c.all > 4 || c.accounts[j.Account] > 2 || c.trees[j.Root] > 3 {
		c.worst = fmt.Sprint(c.all, c.accounts, c.trees)
	}
}

func TestCapsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &counting{t: t, accounts: map[string]int{}, trees: map[string]int{}}
		lane := fair.NewLane(c, fair.Config{
			Workers: 4, AccountWorkers: 2, TreeWorkers: 3, Queue: 1000, AccountQueue: 1000,
			TreeQueue: 1000, MaxWait: time.Minute,
		})
		var wg sync.WaitGroup
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 8), 1, 60).Draw(t, "accounts") {
			wg.Go(func() {
				if _, err := lane.Do(context.Background(), sandbox.Job{
					Root:    fmt.Sprint(n % 3),
					Account: fmt.Sprint(n),
				}); err != nil {
					t.Errorf("got %v, want no job refused", err)
				}
			})
		}
		wg.Wait()
		if s := lane.Stats(); c.worst != "" || s.Running != 0 || s.Waiting != 0 {
			t.Errorf("running at once: %s, want at most 4, 2 of an account, 3 of a tree; left: %+v, want none", c.worst, s)
		}
	})
}

// Accounts that run something only once do not stay in memory.
func TestStrangersAreForgotten(t *testing.T) {
	c := &counting{accounts: map[string]int{}, trees: map[string]int{}}
	lane := fair.NewLane(c, fair.Config{Workers: 2, Queue: 8})
	var wg sync.WaitGroup
	for g := range 2 {
		wg.Go(func() {
			for i := range 5000 {
				_, _ = lane.Do(context.Background(), sandbox.Job{Root: fmt.Sprint("r", i%7), Account: fmt.Sprint(g, "-", i)})
			}
		})
	}
	wg.Wait()
	if n := lane.Known(); n > 5000 {
		t.Errorf("%d accounts are remembered, want at most 5000", n)
	}
}
