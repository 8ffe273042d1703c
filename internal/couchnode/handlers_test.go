package couchnode

import (
	"sync"
	"testing"
)

// Every handler begins at once, however many wait. Few goroutines stay, and none after Close (goleak).
func TestHandlersRunAtOnce(t *testing.T) {
	closed := make(chan struct{})
	defer close(closed)
	h := newHandlers(closed)
	const requests = 1000
	for range 3 {
		var began, ended sync.WaitGroup
		release := make(chan struct{})
		for range requests {
			began.Add(1)
			ended.Add(1)
			h.run(func() {
				defer ended.Done()
				began.Done()
				<-release
			})
		}
		began.Wait() // hangs if one waits for another
		close(release)
		ended.Wait()
	}
	if n := len(h.kept); n > cap(h.kept) || cap(h.kept) >= requests {
		t.Errorf("%d goroutines stay of at most %d, want few", n, cap(h.kept))
	}
}
