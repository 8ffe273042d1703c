package callflow

import "time"

// KAZOO's default times to wait for digits (kapps_call_command.erl).
const (
	collectTimeout    = 5 * time.Second
	interdigitTimeout = 2 * time.Second
)

// Collect describes digits to collect from the caller (kapps_call_command:collect_digits). Collecting ends with the
// first of Terminators (which is not part of the digits), with Max digits, or when the first digit does not come within
// Timeout or the next within Interdigit.
type Collect struct {
	Max                 int
	Timeout, Interdigit time.Duration
	Terminators         []string
}
