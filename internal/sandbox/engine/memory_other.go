//go:build !unix

package engine

// reserve takes memory from Go, without pointers in it; the system gives pages as they are touched.
func reserve(size uintptr) ([]byte, error) { return make([]byte, size), nil }

func unreserve([]byte) {}

func commit(_, _ uintptr) bool { return true }

func uncommit(_, _ uintptr) bool { return false }

func decommit(from, to uintptr) {
	if from < to {
		clear(bytesAt(from, to-from))
	}
}
