package runs

import "time"

// Milliseconds gives a duration in milliseconds with three decimals, as traces, answers and records show it.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}
