package autodisable

import (
	"sync"
	"time"
)

const (
	// beatEvery is how often the pulse beats.
	beatEvery = 100 * time.Millisecond
	// stallAfter is how late a beat must be to count as a stall: the machine was paused by its host, or starved of
	// processor time.
	stallAfter = 750 * time.Millisecond
)

// pulse records whether this process was recently kept from running. A deadline that passes meanwhile is not the
// function's fault.
type pulse struct {
	mu           sync.Mutex
	last         time.Time // beat
	began, ended time.Time // of the latest stall; zero for never
}

// beat records that the process runs.
func (p *pulse) beat(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.IsZero() && now.Sub(p.last) >= stallAfter {
		p.began, p.ended = p.last, now
	}
	p.last = now
}

// stalled reports whether the process was stalled during a run from began to ended, as seen at now.
func (p *pulse) stalled(began, ended, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.IsZero() && now.Sub(p.last) >= stallAfter && p.last.Before(ended) {
		return true // its next beat is yet to come
	}
	return p.ended.After(began) && p.began.Before(ended)
}
