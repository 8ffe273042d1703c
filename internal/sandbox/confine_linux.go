//go:build linux && (amd64 || arm64)

package sandbox

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// maxData bounds the bytes that the worker process can allocate, in case the engine's own cap fails. maxAddresses
// bounds all mappings: two heaps of the engine and the reservations of Go's runtime take 3 GiB.
const (
	maxData      = 1 << 30
	maxAddresses = 5 << 30
)

// threads is the number of threads that a worker has at least when it is confined, and about the most it ever has. Two
// run Go code, and a few wait in system calls, such as the one that watches for the end of the input. A confined worker
// cannot create more.
const threads = 12

// nobody is the user and group of a worker that root started.
const nobody = 65534

// confine irrevocably gives up everything that this process does not need to run JavaScript, and reports the
// restrictions in force. Kernels differ in what they can restrict, so nothing here makes the start fail.
func confine() Confinement {
	var c Confinement
	c.Descriptors = closeDescriptors() == nil
	c.Rlimits = setRlimits() == nil
	c.User = leaveRoot() == nil
	makeThreads(threads)
	runtime.LockOSThread() // seccomp's TSYNC passes this thread's no_new_privs to all the others
	defer runtime.UnlockOSThread()
	c.NoNewPrivs = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == nil
	if abi := landlockABI(); abi > 0 && landlock.V8.BestEffort().Restrict() == nil {
		c.Landlock = abi
	}
	c.Seccomp = filterSyscalls() == nil
	c.NoNewPrivs = c.NoNewPrivs && c.Seccomp
	return c
}

// makeThreads makes the runtime create its threads. The runtime keeps idle threads for later.
func makeThreads(n int) {
	var all, done sync.WaitGroup
	all.Add(n)
	for range n {
		done.Go(func() {
			runtime.LockOSThread() // one thread each
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait()
		})
	}
	done.Wait()
}

// closeDescriptors closes descriptors that the parent left open, except the Go runtime's own poller.
func closeDescriptors() error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= 2 {
			continue
		}
		link, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if err != nil || strings.HasPrefix(link, "anon_inode:[event") {
			continue // already closed (the listing's own), or the runtime's
		}
		if err := unix.Close(fd); err != nil {
			return err
		}
	}
	return nil
}

func setRlimits() error {
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: 16, unix.RLIMIT_DATA: maxData,
		unix.RLIMIT_AS: maxAddresses,
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	return nil
}

// leaveRoot makes a worker that root started an unprivileged process. The kernel clears the parent-death signal when
// the user changes, so leaveRoot sets it again. If the parent died in between, the end of stdin shows it.
func leaveRoot() error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setgid(nobody); err != nil {
		return err
	}
	if err := syscall.Setuid(nobody); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
}

// landlockABI returns the kernel's landlock version, 0 for none.
func landlockABI() int {
	const version = 1 // LANDLOCK_CREATE_RULESET_VERSION
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, version)
	if errno != 0 {
		return 0
	}
	return int(abi)
}
