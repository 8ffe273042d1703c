package fair

import "time"

// One worker is kept free for other accounts. It would idle where only one account runs functions, so an account whose
// runs are all short may hold it too: another account then waits for one short run at most. The first long run ends
// that for the probation time. A hostile account must behave first, so it can keep others waiting for one deadline per
// probation at most.
const (
	longRun   = 100 * time.Millisecond // a run that holds its worker for longer is long
	proof     = 20                     // this many short runs in a row earn good standing
	probation = 5 * time.Minute        // after a long run
)

// standing records how long a tree's recent runs were.
type standing struct {
	short int       // short runs in a row, up to proof
	until time.Time // end of the probation
}

func (s *standing) ran(now time.Time, took time.Duration) {
	if took > longRun {
		*s = standing{until: now.Add(probation)}
		return
	}
	s.short = min(s.short+1, proof)
}

func (s *standing) good(now time.Time) bool { return s.short == proof && !now.Before(s.until) }
