package fair

import (
	"math"
	"time"
)

// halfLife is the time after which past worker time counts half as much.
const halfLife = 10 * time.Second

// usage is worker time in which recent time weighs more.
type usage struct {
	seconds float64
	at      time.Time
}

// now returns the usage at time t, in seconds.
func (u usage) now(t time.Time) float64 {
	if u.seconds == 0 {
		return 0
	}
	return u.seconds * math.Exp2(-float64(max(t.Sub(u.at), 0))/float64(halfLife))
}

func (u *usage) add(t time.Time, spent time.Duration) {
	u.seconds, u.at = u.now(t)+spent.Seconds(), t
}

// forgotten reports whether the usage is too small to matter.
func (u usage) forgotten(t time.Time) bool { return u.now(t) < 0.001 }
