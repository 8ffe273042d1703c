package replication

import "time"

const (
	// Page is the most documents that are looked at together.
	Page = 500
	// firstPage is the first page size of a pace; fewest is the page size for a slow server.
	firstPage, fewest = 100, 10
	// A page should take between quick and slow: short enough for the servers' other work, such as calls, and long enough
	// to make progress.
	quick, slow = 150 * time.Millisecond, 400 * time.Millisecond
)

// Pace adapts how many documents are looked at together to the speed of the servers. The zero Pace starts small. It is
// not safe for concurrent use.
type Pace struct{ page int }

// of returns the size of the next page. It is always Page for a nil pace.
func (p *Pace) of() int {
	switch {
	case p == nil:
		return Page
	case p.page == 0:
		return firstPage
	}
	return p.page
}

// took adapts the page size to the duration or failure of a page.
func (p *Pace) took(d time.Duration, err error) {
	switch {
	case p == nil:
	case err != nil || d > slow:
		p.page = max(p.of()/2, fewest)
	case d < quick:
		p.page = min(p.of()*2, Page)
	}
}
