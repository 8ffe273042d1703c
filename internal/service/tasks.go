package service

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// tasks are small things done after the answer that caused them. There is room for few at a time; one too many is not
// done, and the log says so.
type tasks struct {
	ctx     context.Context
	cancel  context.CancelFunc
	room    chan struct{}
	running sync.WaitGroup
	log     *slog.Logger
}

const (
	maxTasks    = 32
	taskTimeout = time.Minute
)

func newTasks(log *slog.Logger) *tasks {
	ctx, cancel := context.WithCancel(context.Background())
	return &tasks{ctx: ctx, cancel: cancel, room: make(chan struct{}, maxTasks), log: log}
}

// later starts one.
func (e *tasks) later(do func(context.Context)) {
	select {
	case e.room <- struct{}{}:
	default:
		e.log.Warn("dropping a task, too many are running")
		return
	}
	e.running.Go(func() {
		defer func() { <-e.room }()
		ctx, cancel := context.WithTimeout(e.ctx, taskTimeout)
		defer cancel()
		do(ctx)
	})
}

// close waits for those under way for a moment, then ends them.
func (e *tasks) close() {
	timer := time.AfterFunc(5*time.Second, e.cancel)
	e.running.Wait()
	timer.Stop()
	e.cancel()
}
