package subprocess

import (
	"time"

	"golang.org/x/sys/unix"
)

// Slack lets the kernel wake what is started from this thread from now on so much later than it asks to be. A Go
// program that works for less than that at a time is otherwise woken many times a millisecond by its own runtime, which
// looks whether anything hangs.
func Slack(d time.Duration) {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(d.Nanoseconds()), 0, 0, 0)
}
