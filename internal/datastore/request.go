package datastore

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
)

// Request is a client's request under way, as the datastore sees it. Its client can wait for a server that is away for
// a moment, and learns the outcome of its writes.
type Request struct{ made, inDoubt atomic.Int64 }

type requestKey struct{}

// ForRequest marks ctx as one of a client that can wait a moment.
func ForRequest(ctx context.Context) (context.Context, *Request) {
	r := &Request{}
	return context.WithValue(ctx, requestKey{}, r), r
}

// Urgently removes the mark of ForRequest, because a call must not wait.
func Urgently(ctx context.Context) context.Context {
	if requestOf(ctx) == nil {
		return ctx
	}
	return context.WithValue(ctx, requestKey{}, (*Request)(nil))
}

func requestOf(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// Made reports whether a write was made.
func (r *Request) Made() bool { return r.made.Load() > 0 }

// InDoubt reports whether a write may have been made without confirmation.
func (r *Request) InDoubt() bool { return r.inDoubt.Load() > 0 }

// note records a write that ended with err. remote is false for the embedded node.
func (r *Request) note(err error, remote bool) {
	switch {
	case r == nil:
	case err == nil:
		r.made.Add(1)
	case remote && inDoubt(err):
		r.inDoubt.Add(1)
	}
}

// inDoubt reports whether a failed write may have been made: the server got it and did not answer that it failed.
func inDoubt(err error) bool {
	if kind := KindOf(err); kind != ErrUnreachable && kind != ErrFault {
		return false
	}
	return !Fenced(err) && !neverSent(err)
}

// neverSent reports whether a request cannot have reached the server.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.Is(err, errDown) || errors.As(err, &op) && op.Op == "dial"
}
