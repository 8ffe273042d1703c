package main

import "runtime/debug"

// tradeMemory lets the collector run less often than Go's default, which is made for programs with more memory than
// work: a step of a call leaves some 50 KB behind and little of it lives on, so that a few dozen MiB spare a tenth of
// the processor time. The soft limit keeps that from multiplying a heap that has become large. GOGC and GOMEMLIMIT,
// where they are set, have the last word.
func tradeMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(512 << 20)
	}
}
