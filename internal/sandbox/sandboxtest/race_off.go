//go:build !race

package sandboxtest

// RaceDetector reports whether this binary is built with the race detector, under which it cannot be a worker: the
// detector needs more address space than a worker may have.
const RaceDetector = false
