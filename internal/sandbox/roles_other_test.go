//go:build !linux

package sandbox_test

func holdPool() int { return 2 }
