package fair

import "time"

// Where nobody else runs anything, the worker that is kept free for others would only idle. So an account whose runs
// are all over in no time may hold it too: whoever comes meanwhile waits for one short run. The first long one ends
// that for a while; then a hostile account, which must behave to get there, keeps others waiting for one deadline in
// every probation.
const (
	longRun   = 100 * time.Millisecond // what holds a worker for longer is no short run
	proof     = 20                     // this many short runs in a row show what an account is like
	probation = 5 * time.Minute        // from a long run on
)

// standing is what a tree's runs have been like.
type standing struct {
	short int       // in a row, up to proof
	until time.Time // the end of its probation
}

func (s *standing) ran(now time.Time, took time.Duration) {
	if took > longRun {
		*s = standing{until: now.Add(probation)}
		return
	}
	s.short = min(s.short+1, proof)
}

func (s *standing) good(now time.Time) bool { return s.short == proof && !now.Before(s.until) }
