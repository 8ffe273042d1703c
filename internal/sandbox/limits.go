package sandbox

import (
	"time"

	"callfn/internal/runs"
)

// Limits bounds one job. A zero field means the default of DefaultLimits.
type Limits struct {
	Deadline time.Duration // wall time in the engine; the worker is killed runs.Grace later
	Memory   int64         // bytes of engine heap
	Result   int           // bytes of the answer
	Logs     int           // bytes of captured log text
}

// DefaultLimits returns the limits of a job that sets none.
func DefaultLimits() Limits {
	return Limits{Deadline: runs.DefaultDeadline, Memory: 64 << 20, Result: 256 << 10, Logs: 16 << 10}
}

// WithDefaults replaces zero fields by defaults and reduces values over the maximum.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	if l.Deadline <= 0 {
		l.Deadline = d.Deadline
	}
	l.Deadline = min(l.Deadline, runs.MaxDeadline)
	if l.Memory <= 0 {
		l.Memory = d.Memory
	}
	if l.Result <= 0 {
		l.Result = d.Result
	}
	if l.Logs <= 0 {
		l.Logs = d.Logs
	}
	return l
}
