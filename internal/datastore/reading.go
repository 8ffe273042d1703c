package datastore

import (
	"context"
	"sync"
)

// reading protects the reading of a driver's rows from the end of the caller's context. When the driver's context ends,
// the driver closes its iterator from another goroutine without a lock where row parts are read (kivik 4.5.2,
// iter.isReady). That is a race, and a failed read then looks like a refusal by the server. reading therefore ends the
// driver's context only between two rows.
type reading struct {
	mu   sync.Mutex // held while a row is read
	ctx  context.Context
	end  context.CancelCauseFunc
	stop func() bool
}

// read starts a reading and returns the context for the driver. The caller closes the reading after the rows.
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

// row reads the parts of a row, unless the caller's context has ended; see why for the error.
func (r *reading) row(parts func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return parts()
}

// why returns the driver's error, or the caller's context error if that is the cause.
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
