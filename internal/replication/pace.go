package replication

import "time"

const (
	// Page is how many documents are looked at together at most.
	Page = 500
	// firstPage is what a pace begins with, fewest what a slow server gets.
	firstPage, fewest = 100, 10
	// A page takes between these: short enough for whoever else the servers work for, among them calls, and long enough to
	// get on.
	quick, slow = 150 * time.Millisecond, 400 * time.Millisecond
)

// Pace is how many documents are looked at together: as many as the servers get done in a moment. The zero Pace begins
// small; it is for one goroutine at a time.
type Pace struct{ page int }

// of is how many documents are looked at next; without a pace, always Page.
func (p *Pace) of() int {
	switch {
	case p == nil:
		return Page
	case p.page == 0:
		return firstPage
	}
	return p.page
}

// took learns from a page that was done, or not.
func (p *Pace) took(d time.Duration, err error) {
	switch {
	case p == nil:
	case err != nil || d > slow:
		p.page = max(p.of()/2, fewest)
	case d < quick:
		p.page = min(p.of()*2, Page)
	}
}
