package sandbox_test

import (
	"context"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// A worker that is stopped can end nothing itself: its supervisor answers for it, and kills it, 100 ms after the
// deadline. A busy machine may come late once; it may not every time.
func TestStoppedWorker(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	const deadline, most = 200 * time.Millisecond, 100 * time.Millisecond
	var late []time.Duration
	for range 8 {
		idle(t, p)
		workers := children(t, os.Getpid())
		over := make(chan sandbox.Answer, 1)
		start := time.Now()
		go func() {
			a, err := p.Do(context.Background(), sandbox.Job{
				Kind: sandbox.KindShow, Run: "stopped", Source: show, Doc: doc(`for (;;) {}`), Req: []byte(`{}`),
				Limits: sandbox.Limits{Deadline: deadline},
			})
			if err != nil {
				t.Error(err)
			}
			over <- a
		}()
		await.True(t, "the worker to be busy", func() bool { free, _ := p.Workers(); return free == 0 })
		for _, pid := range workers {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case a := <-over:
			if a.Outcome != runs.Timeout || a.Replaced == nil {
				t.Fatalf(
					"the run of a stopped worker: got %s, replaced %t; want %s, and a new worker",
					a.Outcome,
					a.Replaced != nil,
					runs.Timeout,
				)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("the run of a stopped worker is not over %v after its deadline of %v, want it over at once",
				time.Since(start)-deadline, deadline)
		}
		late = append(late, time.Since(start)-deadline)
		await.True(t, "the stopped worker to be killed", func() bool {
			return !slices.ContainsFunc(workers, func(pid int) bool {
				state, _ := stat(pid)
				return state != "" &&
					state != "Z"
			})
		})
		if late[len(late)-1] <= most {
			return
		}
	}
	t.Errorf("runs of stopped workers were over %v after their deadline of %v, want one of them within %v", late, deadline,
		most)
}
