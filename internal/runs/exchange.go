package runs

import "context"

// Exchange is a run that this process asks of an engine of its own, over a node's HTTP handler: its terms and its
// report go beside the request, as Go values in the request's context. Nothing that comes from a network can have one.
type Exchange struct {
	Terms Terms

	report   Report
	err      error
	answered bool
}

type exchangeKey struct{}

// WithExchange makes a context with an exchange in it.
func WithExchange(ctx context.Context, x *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// ExchangeOf is the exchange in a context; nil for none.
func ExchangeOf(ctx context.Context) *Exchange {
	x, _ := ctx.Value(exchangeKey{}).(*Exchange)
	return x
}

// Answer notes what the engine made of the run. The engine calls it before its handler answers the request.
func (x *Exchange) Answer(r Report, err error) { x.report, x.err, x.answered = r, err, true }

// Answered is what the engine made of the run. It must be asked only once the request has been answered; ok is false
// where the request did not get as far as the engine.
func (x *Exchange) Answered() (r Report, ok bool, err error) { return x.report, x.answered, x.err }
