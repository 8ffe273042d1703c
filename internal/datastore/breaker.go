package datastore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// errDown is the error of requests that are not sent because the server is down.
var errDown = errors.New("the server does not answer; it is probed and used again as soon as it does")

// errCutOff is the error of requests that were under way when the server was found to be down.
var errCutOff = errors.New("the server stopped answering")

// patience holds the breaker's times. The first three grow with the round trip to the server; see distance.
type patience struct {
	suspicion time.Duration   // an unanswered request of this age starts a probe
	probes    []time.Duration // time limits of the probes that must all fail before the breaker opens
	again     time.Duration   // between two probes while the breaker is open
	grace     time.Duration   // how long requests of clients that can wait (ForRequest) wait out an outage
	far       time.Duration   // time limit of the probes that find a server farther away than before
}

func defaultPatience() patience {
	return patience{
		suspicion: 400 * time.Millisecond, probes: []time.Duration{200 * time.Millisecond, 300 * time.Millisecond},
		again: 250 * time.Millisecond,
		grace: 1500 * time.Millisecond, far: 5 * time.Second,
	}
}

// breaker is a transport that fails requests at once while the server is down. A failed request (no connection, a
// broken one, a gateway's error, no answer for a while) starts a probe in the background. When the probes fail too, the
// breaker cuts off the requests under way and fails new ones until a probe succeeds. Requests never serve as probes, so
// no request waits just to find out. A slow request stays untouched while the server answers probes.
type breaker struct {
	inner    http.RoundTripper
	root     *url.URL
	patience patience
	report   func(down bool, cause error)
	open     atomic.Bool // the server is down

	distance distance
	answered atomic.Uint64 // counts answers

	mu       sync.Mutex
	outage   context.Context // ends when the breaker opens; replaced when it closes
	cutOff   context.CancelCauseFunc
	lasting  context.Context // ends when the breaker has been open for the grace time
	outlast  context.CancelFunc
	back     chan struct{} // closed when the breaker closes
	watching bool
	stop     context.Context
	end      context.CancelFunc
	watchers sync.WaitGroup
}

func newBreaker(inner http.RoundTripper, root *url.URL, p patience, report func(bool, error)) *breaker {
	b := &breaker{inner: inner, root: root, patience: p, report: report}
	b.renew()
	b.stop, b.end = context.WithCancel(context.Background())
	return b
}

// renew prepares for the next outage.
func (b *breaker) renew() {
	b.outage, b.cutOff = context.WithCancelCause(context.Background())
	if b.lasting == nil || b.lasting.Err() != nil { // otherwise requests under way still wait on it
		b.lasting, b.outlast = context.WithCancel(context.Background())
	}
	b.back = make(chan struct{})
}

// RoundTrip implements http.RoundTripper. For a client that can wait, it waits out an outage for the grace time: for
// the answer if the request was sent, or to send it if it was not.
func (b *breaker) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	// A RoundTripper closes the body even when it sends nothing: the driver writes it from another goroutine.
	defer func() {
		if err != nil {
			closeBody(req)
		}
	}()
	if requestOf(req.Context()) == nil {
		if b.open.Load() {
			return nil, errDown
		}
		return b.send(req, false)
	}
	return b.sendPatiently(req)
}

func (b *breaker) sendPatiently(req *http.Request) (*http.Response, error) {
	begun := time.Now()
	for {
		if err := b.awaitBack(req.Context()); err != nil {
			return nil, err
		}
		resp, err := b.send(req, true)
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

// awaitBack waits while the breaker is open, until the outage has lasted for the grace time.
func (b *breaker) awaitBack(ctx context.Context) error {
	for b.open.Load() {
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

// send sends a request once. An opening breaker cuts it off; for a patient client, the end of the grace time does.
func (b *breaker) send(req *http.Request, patient bool) (*http.Response, error) {
	b.mu.Lock()
	cut := b.outage
	if patient {
		cut = b.lasting
	}
	b.mu.Unlock()
	ctx, cancel := context.WithCancelCause(req.Context())
	release := context.AfterFunc(cut, func() { cancel(errCutOff) })
	suspicion := time.AfterFunc(b.distance.atLeast(b.patience.suspicion), b.startWatch)
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
			b.startWatch()
		}
		return nil, err
	}
	if gatewayFailure(resp.StatusCode) {
		b.startWatch()
	} else {
		b.answered.Add(1)
		if tellsDistance(req) {
			b.distance.add(time.Since(begun))
		}
	}
	resp.Body = &releasingBody{ReadCloser: resp.Body, release: func() { release(); cancel(nil) }}
	return resp, nil
}

// releasingBody calls release once, when it is closed.
type releasingBody struct {
	io.ReadCloser
	once    sync.Once
	release func()
}

func (r *releasingBody) Close() error {
	err := r.ReadCloser.Close()
	r.once.Do(r.release)
	return err
}

func gatewayFailure(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable ||
		status == http.StatusGatewayTimeout
}

// close stops the watch goroutine, waits for it, and cuts off requests under way.
func (b *breaker) close() {
	b.end()
	b.watchers.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cutOff(errCutOff)
	b.outlast()
}
