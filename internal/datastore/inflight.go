package datastore

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// inflight is a transport that counts the requests under way, from their start until the answer's body is closed.
type inflight struct {
	inner http.RoundTripper

	mu      sync.Mutex
	count   int
	changed time.Time // last change of count
}

// RoundTrip implements http.RoundTripper.
func (f *inflight) RoundTrip(req *http.Request) (*http.Response, error) {
	f.add(1)
	resp, err := f.inner.RoundTrip(req)
	if err != nil {
		f.add(-1)
		return nil, err
	}
	resp.Body = &releasingBody{ReadCloser: resp.Body, release: func() { f.add(-1) }}
	return resp, nil
}

func (f *inflight) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count += n
	f.changed = time.Now()
}

// idle returns how long no request has been under way; 0 while one is.
func (f *inflight) idle() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count > 0 {
		return 0
	}
	return time.Since(f.changed)
}

// CloseIdle closes the connection once no request has been under way for the time quiet, counted from now, or when ctx
// ends. It then cuts off requests that are still under way, such as change feeds, if the connection has a breaker.
func (c *Connection) CloseIdle(ctx context.Context, quiet time.Duration) error {
	c.inflight.add(0) // a caller that has just got the connection may not have sent its request yet
	for c.inflight.idle() < quiet && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(quiet/4 + time.Millisecond):
		}
	}
	if c.breaker != nil {
		c.breaker.close() // first: the driver's Close waits for requests under way
	}
	return c.Close()
}
