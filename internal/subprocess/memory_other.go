//go:build !linux

package subprocess

// LimitMemory does nothing on other kernels.
func LimitMemory(int, uint64) error { return nil }
