// Package await lets tests wait for a condition instead of sleeping for a time that is enough on their author's
// machine.
package await

import (
	"testing"
	"time"
)

// Patience is how long a condition is waited for: far longer than it takes, since a loaded machine is no failure.
const Patience = 30 * time.Second

// True waits until a condition holds. want says what the test waits for.
func True(t testing.TB, want string, holds func() bool) {
	t.Helper()
	Value(t, want, func() (string, bool) { return "nothing of it", holds() })
}

// Value waits until a value is the wanted one. look gives the value as a failure prints it, and whether it is the one.
func Value(t testing.TB, want string, look func() (got string, is bool)) {
	t.Helper()
	for end := time.Now().Add(Patience); ; time.Sleep(time.Millisecond) {
		got, is := look()
		if is {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s: got %s, want %s", Patience, got, want)
		}
	}
}
