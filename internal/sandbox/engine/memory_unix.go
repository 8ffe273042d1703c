//go:build unix

package engine

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// reserve takes addresses without memory.
func reserve(size uintptr) ([]byte, error) {
	return unix.Mmap(-1, 0, int(size), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
}

// unreserve gives the addresses back.
func unreserve(all []byte) { _ = unix.Munmap(all) }

// commit makes n bytes from p accessible. The system refuses beyond the process's limit.
func commit(p, n uintptr) bool {
	return unix.Mprotect(bytesAt(p, n), unix.PROT_READ|unix.PROT_WRITE) == nil
}

// uncommit makes n bytes from p, which hold nothing, inaccessible again.
func uncommit(p, n uintptr) bool {
	return unix.Mprotect(bytesAt(p, n), unix.PROT_NONE) == nil
}

// decommit gives the whole pages between from and to back to the system. They read as zeros afterwards.
func decommit(from, to uintptr) {
	page := uintptr(os.Getpagesize())
	start, end := (from+page-1)&^(page-1), to&^(page-1)
	if start >= end {
		return
	}
	if unix.Madvise(bytesAt(start, end-start), unix.MADV_DONTNEED) != nil || runtime.GOOS != "linux" {
		clear(bytesAt(start, end-start))
	}
}
