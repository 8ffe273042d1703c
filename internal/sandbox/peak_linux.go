package sandbox

import "golang.org/x/sys/unix"

// peakMemory is the most memory the process ever held, in bytes; 0 when unknown.
func peakMemory() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss << 10
}
