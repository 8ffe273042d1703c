package loadgen

import (
	"time"

	"golang.org/x/sys/unix"
)

// pause sleeps for d, or until a signal comes.
func pause(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil)
}
