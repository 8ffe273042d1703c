package main

import (
	"time"

	"callfn/internal/sandbox"
)

// limitFlags bound every run of a function.
type limitFlags struct {
	Deadline  time.Duration `default:"1s" range:"1ms..5s" group:"limits"`
	MemoryMiB int64         `name:"memory-mib" default:"64" range:"4..1024" group:"limits"`
	ResultKiB int           `name:"result-kib" default:"256" range:"1..16384" group:"limits"`
}

// limits returns the limits from the flags, which checkRanges has checked.
func (f limitFlags) limits() sandbox.Limits {
	l := sandbox.DefaultLimits()
	l.Deadline, l.Memory, l.Result = f.Deadline, f.MemoryMiB<<20, f.ResultKiB<<10
	return l
}
