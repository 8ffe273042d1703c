package datastore

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
)

// Request is a client's request under way, as the datastore sees it. The client can wait for a server that is away for
// a moment, and wants to know what became of its writes.
type Request struct{ made, inDoubt atomic.Int64 }

type requestKey struct{}

// ForRequest marks what is done with the context as done for a client that can wait a moment.
func ForRequest(ctx context.Context) (context.Context, *Request) {
	r := &Request{}
	return context.WithValue(ctx, requestKey{}, r), r
}

// Urgently takes the mark away: a call must not wait.
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

// InDoubt reports whether a write may have been made that nobody has confirmed.
func (r *Request) InDoubt() bool { return r.inDoubt.Load() > 0 }

// note takes note of a write that ended with err on a server, which is remote unless it is the embedded node.
func (r *Request) note(err error, remote bool) {
	switch {
	case r == nil:
	case err == nil:
		r.made.Add(1)
	case remote && inDoubt(err):
		r.inDoubt.Add(1)
	}
}

// inDoubt reports whether a write that failed may have been made all the same: the server was given it, and did not say
// that it was not made.
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
