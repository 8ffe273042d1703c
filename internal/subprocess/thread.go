// Package subprocess starts processes that end with this one: also when it is killed, and whatever they are busy with.
package subprocess

import "runtime"

// Thread does things on one OS thread that lives as long as it does. Linux ties a child's parent-death signal to the
// thread that forked it, and the Go runtime ends idle threads: without this, a healthy child could be killed.
type Thread struct {
	work chan func()
	done chan struct{}
}

// NewThread starts a thread. Close it.
func NewThread() *Thread {
	t := &Thread{work: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for {
			select {
			case f := <-t.work:
				f()
			case <-t.done:
				return
			}
		}
	}()
	return t
}

// Do runs f on the thread and waits for it. After Close it does nothing and reports false.
func (t *Thread) Do(f func()) bool {
	ran := make(chan struct{})
	select {
	case t.work <- func() { defer close(ran); f() }:
		<-ran
		return true
	case <-t.done:
		return false
	}
}

// Close ends the thread; processes that were started on it are killed by the kernel where they have not ended before.
func (t *Thread) Close() { close(t.done) }
