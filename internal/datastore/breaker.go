package datastore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// errDown is what requests get at once while the server is known to be down. They were never sent.
var errDown = errors.New("the server does not answer; it is looked after and used again as soon as it does")

// errCutOff is what requests get that were under way when the server was found to be down.
var errCutOff = errors.New("the server stopped answering")

// patience says how long the breaker waits for what. Times of the first three follow the round trip to the server: see
// distance.
type patience struct {
	suspicion time.Duration   // a request without an answer for this long makes it look whether the server lives
	looks     []time.Duration // how long each look may take; all of them failing opens the breaker
	again     time.Duration   // between two looks while the breaker is open
	grace     time.Duration   // how long an outage may be for requests of clients that can wait (ForRequest)
	far       time.Duration   // how long a look may take that finds a server farther away than any before
}

func defaultPatience() patience {
	return patience{
		suspicion: 400 * time.Millisecond, looks: []time.Duration{200 * time.Millisecond, 300 * time.Millisecond},
		again: 250 * time.Millisecond,
		grace: 1500 * time.Millisecond, far: 5 * time.Second,
	}
}

// breaker is a transport that keeps callers from waiting for a server that is down. Trouble with a request (no
// connection, a cut one, a gateway's error, no answer for a while) makes it look at the server by itself; when that
// fails too, requests under way are cut off and new ones fail at once, until a look succeeds. No request of a caller is
// ever the one that finds out whether the server is back, so none pays for it. A request that is merely slow, on a
// server that lives, is left alone.
type breaker struct {
	inner    http.RoundTripper
	root     *url.URL
	patience patience
	report   func(down bool, cause error)
	state    circuitbreaker.CircuitBreaker[any]

	distance distance
	answered atomic.Uint64 // counts answers

	mu       sync.Mutex
	outage   context.Context // ends when the breaker opens; a new one begins when it closes
	cutOff   context.CancelCauseFunc
	lasting  context.Context // ends when it has been open for the time of grace
	outlast  context.CancelFunc
	back     chan struct{} // closed when it closes
	watching bool
	stop     context.Context
	end      context.CancelFunc
	watchers sync.WaitGroup
}

func newBreaker(inner http.RoundTripper, root *url.URL, p patience, report func(bool, error)) *breaker {
	b := &breaker{inner: inner, root: root, patience: p, report: report}
	if b.report == nil {
		b.report = func(bool, error) {}
	}
	// It is opened and closed by what a look at the server says, never by counting or by a delay.
	b.state = circuitbreaker.NewBuilder[any]().WithDelay(24 * 365 * time.Hour).Build()
	b.renew()
	b.stop, b.end = context.WithCancel(context.Background())
	return b
}

// renew begins the time until the next outage.
func (b *breaker) renew() {
	b.outage, b.cutOff = context.WithCancelCause(context.Background())
	if b.lasting == nil || b.lasting.Err() != nil { // else what is under way goes on hearing of the next one by it
		b.lasting, b.outlast = context.WithCancel(context.Background())
	}
	b.back = make(chan struct{})
}

// RoundTrip implements http.RoundTripper. A client that can wait waits out an outage as long as the grace: for the
// answer where the request is under way, or to send it where it never left.
func (b *breaker) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	// Every transport closes the body, one that sends nothing too: the driver writes it from a goroutine of its own.
	defer func() {
		if err != nil {
			closeBody(req)
		}
	}()
	if requestOf(req.Context()) == nil {
		if b.state.IsOpen() {
			return nil, errDown
		}
		return b.try(req, false)
	}
	begun := time.Now()
	for {
		if err := b.awaitBack(req.Context()); err != nil {
			return nil, err
		}
		resp, err = b.try(req, true)
		if err == nil || !neverSent(err) || time.Since(begun) > b.patience.grace {
			return resp, err
		}
		if req.Body != nil && req.Body != http.NoBody {
			if req.GetBody == nil {
				return nil, err
			}
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
		select {
		case <-time.After(b.patience.again / 4):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// awaitBack waits while the breaker is open, at most until the outage has lasted for the time of grace.
func (b *breaker) awaitBack(ctx context.Context) error {
	for b.state.IsOpen() {
		b.mu.Lock()
		lasting, back := b.lasting, b.back
		b.mu.Unlock()
		select {
		case <-lasting.Done():
			return errDown
		case <-back:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// try sends a request once.
func (b *breaker) try(req *http.Request, patient bool) (*http.Response, error) {
	b.mu.Lock()
	cut := b.outage
	if patient {
		cut = b.lasting
	}
	b.mu.Unlock()
	ctx, cancel := context.WithCancelCause(req.Context())
	release := context.AfterFunc(cut, func() { cancel(errCutOff) })
	suspicion := time.AfterFunc(b.distance.atLeast(b.patience.suspicion), b.look)
	begun := time.Now()
	resp, err := b.inner.RoundTrip(req.WithContext(ctx))
	suspicion.Stop()
	if err != nil {
		release()
		cancel(nil)
		switch {
		case cut.Err() != nil && req.Context().Err() == nil:
			return nil, errCutOff
		case req.Context().Err() == nil:
			b.look()
		}
		return nil, err
	}
	if gatewayFailure(resp.StatusCode) {
		b.look()
	} else {
		b.answered.Add(1)
		if tellsDistance(req) {
			b.distance.note(time.Since(begun))
		}
	}
	resp.Body = &guarded{ReadCloser: resp.Body, release: func() { release(); cancel(nil) }}
	return resp, nil
}

// guarded frees what a request holds of the breaker with its body.
type guarded struct {
	io.ReadCloser
	once    sync.Once
	release func()
}

func (g *guarded) Close() error {
	err := g.ReadCloser.Close()
	g.once.Do(g.release)
	return err
}

func gatewayFailure(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable ||
		status == http.StatusGatewayTimeout
}

// look looks at the server in the background, unless someone already does.
func (b *breaker) look() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watching || b.stop.Err() != nil {
		return
	}
	b.watching = true
	b.watchers.Add(1)
	go b.watch()
}

// watch decides whether the server is down and, if so, stays until it is back.
func (b *breaker) watch() {
	defer b.watchers.Done()
	var err error
	before := b.answered.Load()
	for _, within := range b.patience.looks {
		err = b.alive(b.stop, b.distance.atLeast(within))
		// another request's answer is a sign of life, too
		if err == nil || b.stop.Err() != nil || b.answered.Load() != before {
			b.done()
			return
		}
	}
	b.mu.Lock()
	b.state.Open()
	b.cutOff(errCutOff)
	grace := time.AfterFunc(b.patience.grace, b.outlast)
	b.mu.Unlock()
	b.report(true, err)
	if !b.awaitLife() {
		grace.Stop()
		b.done()
		return
	}
	b.mu.Lock()
	grace.Stop()
	back := b.back
	b.renew()
	b.state.Close()
	close(back)
	b.mu.Unlock()
	b.done()
	b.report(false, nil)
}

// awaitLife looks until the server is back, or the breaker is closed for good. Looks of which one is long find a server
// that is farther away than it was before; the short ones find one that is back while a long one still hangs.
func (b *breaker) awaitLife() bool {
	ctx, cancel := context.WithCancel(b.stop)
	defer cancel()
	longest := b.patience.looks[len(b.patience.looks)-1]
	var lookers sync.WaitGroup
	for _, far := range []bool{false, true} {
		lookers.Add(1)
		go func() {
			defer lookers.Done()
			for ctx.Err() == nil {
				within, begun := b.distance.atLeast(longest), time.Now()
				if far {
					within = b.patience.far
				}
				if b.alive(ctx, within) == nil {
					if took := time.Since(begun); far {
						b.distance.reset(took)
					}
					cancel()
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(b.patience.again):
				}
			}
		}()
	}
	lookers.Wait()
	return b.stop.Err() == nil
}

func (b *breaker) done() {
	b.mu.Lock()
	b.watching = false
	b.mu.Unlock()
}

// alive asks the server whether it is there. Any answer but a gateway's failure will do: it says who we are not,
// perhaps, but it lives.
func (b *breaker) alive(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return alive(ctx, b.inner, b.root)
}

func alive(ctx context.Context, t http.RoundTripper, root *url.URL) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, root.String()+"/_up", nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "callfn")
	resp, err := t.RoundTrip(req)
	if err != nil {
		return withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // so that the socket can be used again
	if gatewayFailure(resp.StatusCode) {
		return fmt.Errorf("it answers status %d", resp.StatusCode)
	}
	return nil
}

// close ends the watching and waits for it.
func (b *breaker) close() {
	b.end()
	b.watchers.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cutOff(errCutOff)
	b.outlast()
}
