package service

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// errands are small things done after the answer that caused them. There is room for few at a time; one too many is not
// done, and the log says so.
type errands struct {
	ctx     context.Context
	cancel  context.CancelFunc
	room    chan struct{}
	running sync.WaitGroup
	log     *slog.Logger
}

const (
	mostErrands   = 32
	errandTimeout = time.Minute
)

func newErrands(log *slog.Logger) *errands {
	ctx, cancel := context.WithCancel(context.Background())
	return &errands{ctx: ctx, cancel: cancel, room: make(chan struct{}, mostErrands), log: log}
}

// later starts one.
func (e *errands) later(do func(context.Context)) {
	select {
	case e.room <- struct{}{}:
	default:
		e.log.Warn("dropping an errand, too many are running")
		return
	}
	e.running.Go(func() {
		defer func() { <-e.room }()
		ctx, cancel := context.WithTimeout(e.ctx, errandTimeout)
		defer cancel()
		do(ctx)
	})
}

// close waits for those under way for a moment, then ends them.
func (e *errands) close() {
	timer := time.AfterFunc(5*time.Second, e.cancel)
	e.running.Wait()
	timer.Stop()
	e.cancel()
}
