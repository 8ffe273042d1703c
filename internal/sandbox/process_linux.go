package sandbox

import "syscall"

// processAttributes has the kernel kill the worker when the thread that started it ends, and puts it in a process group of
// its own so that a Ctrl-C at the terminal reaches the supervisor only.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
