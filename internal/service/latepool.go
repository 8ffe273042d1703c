package service

import (
	"context"
	"sync"

	"callfn/internal/sandbox"
)

// latePool is a pool that starts with its first job: few services have functions for it.
type latePool struct {
	start func() (*sandbox.Pool, error)

	mu     sync.Mutex
	pool   *sandbox.Pool
	closed bool
}

// Do runs the job. A pool that does not start is tried again with the next job.
func (p *latePool) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) {
	pool, err := p.started()
	if err != nil {
		return sandbox.Answer{}, err
	}
	return pool.Do(ctx, j)
}

func (p *latePool) started() (*sandbox.Pool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, sandbox.ErrClosed
	}
	if p.pool != nil {
		return p.pool, nil
	}
	var err error
	p.pool, err = p.start()
	return p.pool, err
}

// Workers returns the number of free workers and of all; none before the first job.
func (p *latePool) Workers() (free, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool == nil {
		return 0, 0
	}
	return p.pool.Workers()
}

// Close closes the pool if it was started.
func (p *latePool) Close() {
	p.mu.Lock()
	pool := p.pool
	p.closed, p.pool = true, nil
	p.mu.Unlock()
	if pool != nil {
		pool.Close()
	}
}
