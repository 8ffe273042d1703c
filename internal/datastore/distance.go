package datastore

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// samples is the number of answers that the distance is estimated from.
	samples = 8
	// roundTrips is the number of round trips that an answer may take: a new connection, TLS, the request, and as much
	// again for bad luck.
	roundTrips = 6
	// farthest is the longest round trip that counts as distance. A server beyond it is slow.
	farthest = 500 * time.Millisecond
)

// distance estimates the round trip to a server by the quickest of its last answers. Time limits grow with it. The zero
// value is a server nearby.
type distance struct {
	mu    sync.Mutex
	last  [samples]time.Duration
	count uint64
}

// add adds an answer.
func (d *distance) add(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[d.count%samples] = took
	d.count++
}

// reset replaces every sample by one answer.
func (d *distance) reset(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.last {
		d.last[i] = took
	}
	d.count += samples
}

// atLeast is a time limit: base, or more for a server that far away.
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

// tellsDistance reports whether the time of an answer tells the distance: the server runs no code for it, and waits for
// nothing.
func tellsDistance(req *http.Request) bool {
	return req.Method == http.MethodGet && !strings.Contains(req.URL.Path, "/_show/") &&
		!strings.HasSuffix(req.URL.Path, "/_changes")
}
