package datastore

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// flights counts the requests under way: from their start to the close of the answer's body.
type flights struct {
	inner http.RoundTripper

	mu    sync.Mutex
	count int
	last  time.Time // that the count changed
}

// RoundTrip implements http.RoundTripper.
func (f *flights) RoundTrip(req *http.Request) (*http.Response, error) {
	f.add(1)
	resp, err := f.inner.RoundTrip(req)
	if err != nil {
		f.add(-1)
		return nil, err
	}
	resp.Body = &landing{ReadCloser: resp.Body, land: func() { f.add(-1) }}
	return resp, nil
}

func (f *flights) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count += n
	f.last = time.Now()
}

// idle is how long nothing has been under way; 0 while something is.
func (f *flights) idle() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count > 0 {
		return 0
	}
	return time.Since(f.last)
}

type landing struct {
	io.ReadCloser
	once sync.Once
	land func()
}

func (l *landing) Close() error {
	err := l.ReadCloser.Close()
	l.once.Do(l.land)
	return err
}

// CloseIdle closes the connection once no request has been under way for the time of quiet (from now on), or when ctx
// ends. Requests that are still under way then, change feeds for instance, are cut off where the connection has a
// breaker.
func (c *Connection) CloseIdle(ctx context.Context, quiet time.Duration) error {
	c.flights.add(0) // whoever was handed the connection just now has not begun yet
	for c.flights.idle() < quiet && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(quiet/4 + time.Millisecond):
		}
	}
	if c.breaker != nil {
		c.breaker.close() // first: the driver's Close waits for what is under way
	}
	return c.Close()
}
