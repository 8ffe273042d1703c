package subprocess

import "syscall"

// Attributes has the kernel kill the process when the thread that started it ends (see Thread), and puts it in a
// process group of its own, so that a Ctrl-C at the terminal reaches this program only and KillGroup reaches all that
// the process started.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// KillGroup kills a process that was started with Attributes, and whatever it has started itself.
func KillGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
