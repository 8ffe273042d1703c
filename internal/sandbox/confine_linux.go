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

// maxData bounds what the worker process can allocate at all, in bytes, should the engine's own cap fail. maxAddresses
// bounds what is mapped in any way: two heaps of the engine, and what Go's runtime reserves, are 3 GiB.
const (
	maxData      = 1 << 30
	maxAddresses = 5 << 30
)

// threads is how many threads a worker has, at least, when it is confined, and about how many ever: two run Go code,
// and a few wait for the system, as whoever looks for the end of the input does. No more can be made then.
const threads = 12

// nobody is the user and group that a worker started by root becomes.
const nobody = 65534

// confine gives up, for this process and for good, all that running JavaScript does not need, and reports what is in
// force. Kernels differ in what they can take away; nothing here fails the start.
func confine() Confinement {
	var c Confinement
	c.Descriptors = closeDescriptors() == nil
	c.Rlimits = setRlimits() == nil
	c.User = leaveRoot() == nil
	makeThreads(threads)
	runtime.LockOSThread() // seccomp's TSYNC hands this thread's no_new_privs on to all the others
	defer runtime.UnlockOSThread()
	c.NoNewPrivs = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == nil
	if abi := landlockABI(); abi > 0 && landlock.V8.BestEffort().Restrict() == nil {
		c.Landlock = abi
	}
	c.Seccomp = filterSyscalls() == nil
	c.NoNewPrivs = c.NoNewPrivs && c.Seccomp
	return c
}

// makeThreads makes sure that the runtime has so many threads. It keeps them for later when they have nothing to do.
func makeThreads(n int) {
	var all, done sync.WaitGroup
	all.Add(n)
	for range n {
		done.Go(func() {
			runtime.LockOSThread() // of its own
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait()
		})
	}
	done.Wait()
}

// closeDescriptors closes what a careless parent left open, except the Go runtime's own poller.
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
			continue // already gone (the listing's own), or the runtime's
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

// leaveRoot makes a worker that root started an ordinary process. The kernel forgets the parent-death signal when the
// user changes, so it is asked for again; should the parent have died in between, the end of stdin tells.
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

// landlockABI is the kernel's landlock version, 0 for none.
func landlockABI() int {
	const version = 1 // LANDLOCK_CREATE_RULESET_VERSION
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, version)
	if errno != 0 {
		return 0
	}
	return int(abi)
}
