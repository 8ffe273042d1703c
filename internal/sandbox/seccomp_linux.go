//go:build linux && (amd64 || arm64)

package sandbox

import (
	"fmt"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// allowed are the system calls that the Go runtime and the engine need in a running worker: memory, signals to itself,
// clocks, and reading and writing open descriptors. Every other call returns EPERM: no open, no socket, no exec, no new
// threads.
var allowed = append([]uint32{
	unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE, unix.SYS_FSTAT, unix.SYS_PPOLL,
	unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_MREMAP, unix.SYS_MINCORE, unix.SYS_BRK,
	unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP,
	unix.SYS_CLOCK_GETTIME, unix.SYS_GETRUSAGE, unix.SYS_GETTIMEOFDAY, unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK,
	unix.SYS_RT_SIGRETURN,
	unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL, unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETRANDOM,
	unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_CREATE1, unix.SYS_EVENTFD2,
	unix.SYS_RSEQ, unix.SYS_SET_ROBUST_LIST, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}, allowedOnThisArch...)

// condition allows a call by its arguments if one of the alternatives holds.
type condition struct {
	nr           uint32
	alternatives [][]check
}

// check holds for an argument whose masked bits equal want. No allowed call uses the upper half of these arguments.
type check struct{ arg, mask, want uint32 }

const wholeArgument = 1<<32 - 1

func conditional() []condition {
	noCode := check{2, unix.PROT_EXEC, 0}
	return []condition{
		// Shared memory would count towards no process.
		{unix.SYS_MMAP, [][]check{{noCode, {3, unix.MAP_TYPE, unix.MAP_PRIVATE}}}},
		{unix.SYS_MPROTECT, [][]check{{noCode}}},
		{unix.SYS_TGKILL, [][]check{{{0, wholeArgument, uint32(unix.Getpid())}}}}, // all workers have the same user
		// Reading flags, and setting those that Go changes. Setting whom the kernel signals is not allowed (F_SETOWN,
		// F_SETSIG, O_ASYNC).
		{unix.SYS_FCNTL, [][]check{
			{{1, wholeArgument, unix.F_GETFL}},
			{{1, wholeArgument, unix.F_GETFD}},
			{{1, wholeArgument, unix.F_SETFD}, {2, ^uint32(unix.FD_CLOEXEC), 0}},
			{{1, wholeArgument, unix.F_SETFL}, {2, ^uint32(unix.O_ACCMODE | unix.O_NONBLOCK | unix.O_LARGEFILE), 0}},
		}},
	}
}

// Offsets in struct seccomp_data.
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16
)

// filterSyscalls installs the filter on every thread of the process.
func filterSyscalls() error {
	program, err := assembleFilter()
	if err != nil {
		return err
	}
	filters := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filters[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filters)), Filter: &filters[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

func assembleFilter() ([]bpf.RawInstruction, error) {
	deny := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	allow := bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: dataArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		deny, // the call numbers differ on other architectures
		bpf.LoadAbsolute{Off: dataNr, Size: 4},
	}
	for _, c := range conditional() {
		var body []bpf.Instruction
		for _, all := range c.alternatives {
			for i, is := range all {
				left := uint8(3 * (len(all) - 1 - i)) // instructions of the checks that follow
				body = append(body,
					bpf.LoadAbsolute{Off: dataArgs + 8*is.arg, Size: 4},
					bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: is.mask},
					bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: is.want, SkipTrue: left + 1}, // to the next alternative
				)
			}
			body = append(body, allow)
		}
		body = append(body, deny)
		program = append(program, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: c.nr, SkipTrue: uint8(len(body))})
		program = append(program, body...)
	}
	for _, nr := range allowed {
		program = append(program, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: nr, SkipTrue: 1}, allow)
	}
	return bpf.Assemble(append(program, deny))
}
