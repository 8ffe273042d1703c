package datastore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// errDown is what requests get at once while the server is known to be down.
var errDown = errors.New("the server does not answer; it is looked after and used again as soon as it does")

// patience says how long the breaker waits for what.
type patience struct {
	suspicion time.Duration   // a request without an answer for this long makes it look whether the server lives
	looks     []time.Duration // how long each look may take; all of them failing opens the breaker
	again     time.Duration   // between two looks while the breaker is open
}

func defaultPatience() patience {
	return patience{suspicion: 400 * time.Millisecond, looks: []time.Duration{200 * time.Millisecond, 300 * time.Millisecond}, again: 250 * time.Millisecond}
}

// breaker is a transport that keeps callers from waiting for a server that is down. Trouble with a request (no connection, a
// cut one, a gateway's error, no answer for a while) makes it look at the server by itself; when that fails too, requests under
// way are cut off and new ones fail at once, until a look succeeds. No request of a caller is ever the one that finds out whether
// the server is back, so none pays for it. A request that is merely slow, on a server that lives, is left alone.
type breaker struct {
	inner    http.RoundTripper
	root     *url.URL
	patience patience
	report   func(down bool, cause error)
	state    circuitbreaker.CircuitBreaker[any]

	mu       sync.Mutex
	outage   context.Context // ends when the breaker opens; a new one begins when it closes
	cutOff   context.CancelCauseFunc
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
	b.outage, b.cutOff = context.WithCancelCause(context.Background())
	b.stop, b.end = context.WithCancel(context.Background())
	return b
}

// RoundTrip implements http.RoundTripper.
func (b *breaker) RoundTrip(req *http.Request) (*http.Response, error) {
	if b.state.IsOpen() {
		return nil, errDown
	}
	b.mu.Lock()
	outage := b.outage
	b.mu.Unlock()
	ctx, cancel := context.WithCancelCause(req.Context())
	release := context.AfterFunc(outage, func() { cancel(errDown) })
	suspicion := time.AfterFunc(b.patience.suspicion, b.look)
	resp, err := b.inner.RoundTrip(req.WithContext(ctx))
	suspicion.Stop()
	if err != nil {
		release()
		cancel(nil)
		switch {
		case outage.Err() != nil && req.Context().Err() == nil:
			return nil, errDown
		case req.Context().Err() == nil:
			b.look()
		}
		return nil, err
	}
	if gatewayFailure(resp.StatusCode) {
		b.look()
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
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
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
	for _, within := range b.patience.looks {
		if err = b.alive(b.stop, within); err == nil || b.stop.Err() != nil {
			b.done()
			return
		}
	}
	b.mu.Lock()
	b.state.Open()
	b.cutOff(errDown)
	b.mu.Unlock()
	b.report(true, err)
	longest := b.patience.looks[len(b.patience.looks)-1]
	for b.alive(b.stop, longest) != nil {
		select {
		case <-b.stop.Done():
			b.done()
			return
		case <-time.After(b.patience.again):
		}
	}
	b.mu.Lock()
	b.outage, b.cutOff = context.WithCancelCause(context.Background())
	b.state.Close()
	b.mu.Unlock()
	b.done()
	b.report(false, nil)
}

func (b *breaker) done() {
	b.mu.Lock()
	b.watching = false
	b.mu.Unlock()
}

// alive asks the server whether it is there. Any answer but a gateway's failure will do: it says who we are not, perhaps, but
// it lives.
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
	b.cutOff(errDown)
}
