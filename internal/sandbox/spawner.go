package sandbox

import "runtime"

// spawner starts processes from one OS thread that lives as long as it does. Linux ties a child's parent-death signal to
// the thread that forked it, and the Go runtime ends idle threads: without this, a healthy worker could be killed.
type spawner struct {
	requests chan chan<- spawned
	done     chan struct{}
}

type spawned struct {
	p   *process
	err error
}

func newSpawner(c Command) *spawner {
	s := &spawner{requests: make(chan chan<- spawned), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for {
			select {
			case reply := <-s.requests:
				p, err := startProcess(c)
				reply <- spawned{p, err}
			case <-s.done:
				return
			}
		}
	}()
	return s
}

// start starts one process. After close it fails.
func (s *spawner) start() (*process, error) {
	reply := make(chan spawned, 1)
	select {
	case s.requests <- reply:
		r := <-reply
		return r.p, r.err
	case <-s.done:
		return nil, ErrClosed
	}
}

// close ends the thread; processes it started are killed by the kernel where they were not stopped before.
func (s *spawner) close() { close(s.done) }
