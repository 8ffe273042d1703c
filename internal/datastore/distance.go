package datastore

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// samples is the number of answers from which the distance is estimated.
	samples = 8
	// roundTrips is the number of round trips allowed for an answer: a new connection, TLS, the request, and as many again
	// in reserve.
	roundTrips = 6
	// farthest is the longest round trip that counts as distance. A server beyond it is slow.
	farthest = 500 * time.Millisecond
)

// distance estimates the round trip to a server as the quickest of its last answers. Time limits grow with it. The zero
// value is a server nearby.
type distance struct {
	mu    sync.Mutex
	last  [samples]time.Duration
	count uint64
}

// add adds the time of an answer.
func (d *distance) add(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[d.count%samples] = took
	d.count++
}

// reset replaces every sample by one.
func (d *distance) reset(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.last {
		d.last[i] = took
	}
	d.count += samples
}

// atLeast returns a time limit: base, or more if the server is far away.
func (d *distance) atLeast(base time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.count == 0 {
		return base
	}
	quickest := farthest
	for _, took := range d.last[:min(d.count, samples)] {
		quickest = min(quickest, took)
	}
	return max(base, roundTrips*quickest)
}

// tellsDistance reports whether the time of an answer measures the distance: the server runs no code for the request
// and waits for nothing.
func tellsDistance(req *http.Request) bool {
	return req.Method == http.MethodGet && !strings.Contains(req.URL.Path, "/_show/") &&
		!strings.HasSuffix(req.URL.Path, "/_changes")
}
