package sandbox_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/await"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

func TestPoolClosesCleanly(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	p, err := sandbox.NewPool(sandbox.Config{Command: sandboxtest.Command(t), Workers: 2, Spares: 2})
	if err != nil {
		t.Fatal(err)
	}
	run(t, p, `return 1`, sandbox.Limits{})
	p.Close()
	if _, err := p.Do(context.Background(), sandbox.Job{Kind: sandbox.KindParse}); err != sandbox.ErrClosed {
		t.Errorf("after Close: got %v, want %v", err, sandbox.ErrClosed)
	}
}

// nativeLoop is a loop that the engine cannot interrupt.
const nativeLoop = `return [].indexOf.call({length: 9e15}, 1)`

// kill makes a function use up its worker.
func kill(t *testing.T, p *sandbox.Pool) sandbox.Answer {
	t.Helper()
	a := run(t, p, nativeLoop, sandbox.Limits{Deadline: 20 * time.Millisecond})
	if a.Outcome != runs.Timeout || a.Replaced == nil {
		t.Fatalf("got %s %s, replaced %v; want %s, replaced", a.Outcome, a.Body, a.Replaced != nil, runs.Timeout)
	}
	return a
}

// A spare replaces a killed worker at once, even if no other process can be started for now.
func TestSpareStandsIn(t *testing.T) {
	path := removable(t)
	p, err := sandbox.NewPool(sandbox.Config{
		Command: sandbox.Command{Path: path, Args: []string{sandbox.WorkerCommand}},
		Workers: 1, Spares: 1, Queue: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	await.True(t, "a spare", func() bool { return p.Spares() == 1 })
	if err := os.Rename(path, path+" away"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-kill(t, p).Replaced:
	default:
		t.Error("the worker that was killed is not replaced yet, want the spare in its place")
	}
	if a := run(t, p, `return 'next'`, sandbox.Limits{}); string(a.Body) != `{"json":"next"}` {
		t.Errorf("the next run got %s %s, want next", a.Outcome, a.Body)
	}

	replaced := kill(t, p).Replaced // and now there is none
	if n := p.Spares(); n != 0 {
		t.Errorf("%d spares, want none: none can be started", n)
	}
	select {
	case <-replaced:
		t.Error("the worker that was killed is replaced, want its place empty: none can be started")
	default:
	}
	if err := os.Rename(path+" away", path); err != nil {
		t.Fatal(err)
	}
	if a := run(t, p, `return 'last'`, sandbox.Limits{}); string(a.Body) != `{"json":"last"}` { // it waits for a worker
		t.Errorf("the last run got %s %s, want last", a.Outcome, a.Body)
	}
	await.True(t, "a spare", func() bool { return p.Spares() == 1 })
	if free, all := p.Workers(); free != 1 || all != 1 {
		t.Errorf("%d of %d workers are free, want 1 of 1", free, all)
	}
}

// Nobody waits for a worker's place in a closed pool.
func TestClosedPoolFillsNoPlace(t *testing.T) {
	path := removable(t)
	p, err := sandbox.NewPool(sandbox.Config{
		Command: sandbox.Command{Path: path, Args: []string{sandbox.WorkerCommand}},
		Workers: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	a := kill(t, p)
	p.Close()
	select {
	case <-a.Replaced:
	case <-time.After(10 * time.Second):
		t.Error("whoever waits for the place of a worker waits on, want it told that there is none")
	}
}

// removable is a file name of the worker that can be removed.
func removable(t *testing.T) string {
	t.Helper()
	target := sandboxtest.Command(t).Path
	if target == "/proc/self/exe" {
		var err error
		if target, err = os.Executable(); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "worker")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func BenchmarkShow(b *testing.B) {
	p := sandboxtest.Pool(b, 2)
	d := doc(`return {module: 'tts', data: {text: 'Thanks for calling us ' + req.query.To}}`)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			a, err := p.Do(context.Background(), sandbox.Job{
				Kind: sandbox.KindShow, Run: "b", Source: show, Doc: d,
				Req: json.RawMessage(`{"query":{"To":"1000"}}`),
			})
			if err != nil || a.Outcome != runs.OK {
				b.Fatalf("got %+v, error %v; want %s", a, err, runs.OK)
			}
		}
	})
}
