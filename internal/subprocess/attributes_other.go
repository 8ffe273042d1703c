//go:build !linux

package subprocess

import (
	"os"
	"syscall"
)

// Attributes asks nothing of other kernels: there a process notices by the end of its input that it is alone.
func Attributes() *syscall.SysProcAttr { return nil }

// KillGroup kills the process; what it has started itself is left to end by its own pipes' end.
func KillGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
