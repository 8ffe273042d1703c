package subprocess

import "golang.org/x/sys/unix"

// LimitMemory caps what a running process may allocate (RLIMIT_DATA: private writable memory), in bytes.
func LimitMemory(pid int, bytes uint64) error {
	return unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: bytes, Max: bytes}, nil)
}
