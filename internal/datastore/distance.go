package datastore

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// samples is how many answers the distance is judged by.
	samples = 8
	// roundTrips is how many round trips an answer may take: a new connection, TLS, the request, and as much again for bad
	// luck.
	roundTrips = 6
	// farthest bounds what counts as distance. Beyond it a server is slow.
	farthest = 500 * time.Millisecond
)

// distance is how far away a server is: the quickest of its last answers. Whoever waits for it waits in proportion. The
// zero value is a server next door.
type distance struct {
	mu    sync.Mutex
	last  [samples]time.Duration
	count uint64
}

// note takes note of an answer.
func (d *distance) note(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last[d.count%samples] = took
	d.count++
}

// reset forgets everything but one answer.
func (d *distance) reset(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.last {
		d.last[i] = took
	}
	d.count += samples
}

// atLeast is a time to wait: base, or what a server so far away needs.
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

// tellsDistance reports whether the answer to a request tells how far away the server is: nobody's code runs for it,
// and nothing is waited for.
func tellsDistance(req *http.Request) bool {
	return req.Method == http.MethodGet && !strings.Contains(req.URL.Path, "/_show/") && !strings.HasSuffix(req.URL.Path,
		"/_changes")
}
