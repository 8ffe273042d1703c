package couchnode

import "runtime"

// handlers runs the handlers of requests on goroutines that stay. On a new goroutine the stack of a handler has to grow
// first, which takes longer than much of what a show's handler does.
type handlers struct {
	waiting chan func()
	kept    chan struct{} // one for each goroutine that stays
	closed  <-chan struct{}
}

// newHandlers keeps a few goroutines until closed is closed.
func newHandlers(closed <-chan struct{}) *handlers {
	return &handlers{
		waiting: make(chan func()), kept: make(chan struct{}, 4*runtime.GOMAXPROCS(0)), closed: closed,
	}
}

// run runs a handler on another goroutine.
func (h *handlers) run(handle func()) {
	select {
	case h.waiting <- handle:
	default: // none waits
		go h.begin(handle)
	}
}

func (h *handlers) begin(handle func()) {
	handle()
	select {
	case h.kept <- struct{}{}:
	default:
		return
	}
	defer func() { <-h.kept }()
	for {
		select {
		case handle = <-h.waiting:
			handle()
		case <-h.closed:
			return
		}
	}
}
