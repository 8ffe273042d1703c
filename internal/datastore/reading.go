package datastore

import (
	"context"
	"sync"
)

// reading lets a driver's rows be read although the caller's context may end at any time. When the driver's own context
// ends, it closes its iterator from beside, and takes no lock where the parts of a row are read (kivik 4.5.2,
// iter.isReady): that is a race, and what is read then fails as if the server had refused it. So the driver's context
// ends between two rows only.
type reading struct {
	mu   sync.Mutex // held while a row is read
	ctx  context.Context
	end  context.CancelCauseFunc
	stop func() bool
}

// read begins a reading and gives the context that the driver is to have. The caller closes the reading, after the
// rows.
func read(ctx context.Context) (*reading, context.Context) {
	r := &reading{}
	r.ctx, r.end = context.WithCancelCause(context.WithoutCancel(ctx))
	r.stop = context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.end(ctx.Err())
	})
	return r, r.ctx
}

// row reads the parts of a row. It does not when the caller's context has ended; why is the error then.
func (r *reading) row(parts func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return parts()
}

// why gives the reason for the driver's failure, where that is that the caller's context ended.
func (r *reading) why(err error) error {
	if err != nil && r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return err
}

func (r *reading) close() {
	r.stop()
	r.end(nil)
}
