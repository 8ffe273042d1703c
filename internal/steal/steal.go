// Package steal tells how much processor time a hypervisor kept from this machine. What is measured on a machine that
// was not let work says little about the program.
package steal

import "github.com/prometheus/procfs"

// Mark is a moment from which on it is counted.
type Mark struct{ all, stolen float64 } // seconds of all processors since the machine was started

// Now is this moment. On systems without /proc/stat nothing is known.
func Now() Mark {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return Mark{}
	}
	stat, err := fs.Stat()
	if err != nil {
		return Mark{}
	}
	t := stat.CPUTotal
	return Mark{all: t.User + t.Nice + t.System + t.Idle + t.Iowait + t.IRQ + t.SoftIRQ + t.Steal, stolen: t.Steal}
}

// Since is which share of the processors' time, 0 to 1, was kept from the machine since before: what vmstat(8) calls
// st, counted in hundredths of a second. 0 where nothing is known.
func (m Mark) Since(before Mark) float64 {
	if m.all <= before.all {
		return 0
	}
	return max(0, m.stolen-before.stolen) / (m.all - before.all)
}
