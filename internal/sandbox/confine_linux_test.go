//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// probe runs in a worker's place. It confines itself like a worker, tries what a worker must not be able to do even
// after a break-out from its engine, and reports the results. Every line is "name: errno".
func probe() int {
	file, err := unix.BytePtrFromString("/etc/passwd")
	if err != nil {
		return 2
	}
	path := uintptr(unsafe.Pointer(file))
	var addr [16]byte
	buf := uintptr(unsafe.Pointer(&addr))
	parent := uintptr(os.Getppid())
	const cwd = ^uintptr(-unix.AT_FDCWD - 1) // AT_FDCWD is negative
	const threadFlags = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM |
		unix.CLONE_THREAD
	calls := []struct {
		name string
		nr   uintptr
		args [6]uintptr
	}{
		{"openat", unix.SYS_OPENAT, [6]uintptr{cwd, path, unix.O_RDONLY}},
		{"openat2", unix.SYS_OPENAT2, [6]uintptr{cwd, path, buf, 24}},
		{"socket inet", unix.SYS_SOCKET, [6]uintptr{unix.AF_INET, unix.SOCK_STREAM}},
		{"socket unix", unix.SYS_SOCKET, [6]uintptr{unix.AF_UNIX, unix.SOCK_STREAM}},
		{"socket netlink", unix.SYS_SOCKET, [6]uintptr{unix.AF_NETLINK, unix.SOCK_RAW}},
		{"socketpair", unix.SYS_SOCKETPAIR, [6]uintptr{unix.AF_UNIX, unix.SOCK_STREAM, 0, buf}},
		{"connect", unix.SYS_CONNECT, [6]uintptr{0, buf, 16}},
		{"execve", unix.SYS_EXECVE, [6]uintptr{path, 0, 0}},
		{"execveat", unix.SYS_EXECVEAT, [6]uintptr{cwd, path, 0, 0, 0}},
		{"fork", unix.SYS_CLONE, [6]uintptr{uintptr(unix.SIGCHLD)}},
		{"new namespace", unix.SYS_UNSHARE, [6]uintptr{unix.CLONE_NEWUSER}},
		{"executable memory", unix.SYS_MMAP, [6]uintptr{
			0, 4096, unix.PROT_READ | unix.PROT_EXEC,
			unix.MAP_PRIVATE | unix.MAP_ANON, ^uintptr(0), 0,
		}},
		{"kill the parent", unix.SYS_KILL, [6]uintptr{parent, 0}},
		{"signal the parent's thread", unix.SYS_TGKILL, [6]uintptr{parent, parent, 0}},
		{"ptrace", unix.SYS_PTRACE, [6]uintptr{unix.PTRACE_ATTACH, parent}},
		{"read another's memory", unix.SYS_PROCESS_VM_READV, [6]uintptr{parent, buf, 0, buf, 0}},
		{"memfd", unix.SYS_MEMFD_CREATE, [6]uintptr{path, 0}},
		{"io_uring", unix.SYS_IO_URING_SETUP, [6]uintptr{1, buf}},
		{"bpf", unix.SYS_BPF, [6]uintptr{0, buf, 0}},
		{"setuid", unix.SYS_SETUID, [6]uintptr{0}},
		{"raise a limit", unix.SYS_PRLIMIT64, [6]uintptr{0, unix.RLIMIT_DATA, buf, 0}},
		{"have the kernel signal another", unix.SYS_FCNTL, [6]uintptr{0, unix.F_SETOWN, parent}},
		{"have the kernel signal another thread", unix.SYS_FCNTL, [6]uintptr{0, unix.F_SETOWN_EX, buf}},
		{"choose that signal", unix.SYS_FCNTL, [6]uintptr{0, unix.F_SETSIG, uintptr(unix.SIGKILL)}},
		{"signal when there is input", unix.SYS_FCNTL, [6]uintptr{0, unix.F_SETFL, unix.O_ASYNC}},
		{"notice changes of a directory", unix.SYS_FCNTL, [6]uintptr{0, unix.F_NOTIFY, 1}},
		{"a larger pipe", unix.SYS_FCNTL, [6]uintptr{0, unix.F_SETPIPE_SZ, 1 << 20}},
		{"another descriptor", unix.SYS_FCNTL, [6]uintptr{0, unix.F_DUPFD, 0}},
		{"shared memory", unix.SYS_MMAP, [6]uintptr{
			0, 4096, unix.PROT_READ | unix.PROT_WRITE,
			unix.MAP_SHARED | unix.MAP_ANON, ^uintptr(0), 0,
		}},
		{"shared memory, checked", unix.SYS_MMAP, [6]uintptr{
			0, 4096, unix.PROT_READ | unix.PROT_WRITE,
			unix.MAP_SHARED_VALIDATE | unix.MAP_ANON, ^uintptr(0), 0,
		}},
		{"another thread", unix.SYS_CLONE, [6]uintptr{threadFlags, 0}},
		{"another thread, the new way", unix.SYS_CLONE3, [6]uintptr{buf, 64}},
		{"unlinkat", unix.SYS_UNLINKAT, [6]uintptr{cwd, path}},
		{"mount", unix.SYS_MOUNT, [6]uintptr{path, path, 0, 0, 0}},
	}
	out := bufio.NewWriter(os.Stdout)
	held := sandbox.Confine()
	_, _ = fmt.Fprintf(out, "held: %s\n", held)
	for _, c := range calls {
		_, _, errno := unix.Syscall6(c.nr, c.args[0], c.args[1], c.args[2], c.args[3], c.args[4], c.args[5])
		if errno == 0 && c.name == "fork" {
			os.Exit(0) // parent or child: one of both must not go on writing
		}
		_, _ = fmt.Fprintf(out, "%s: %s\n", c.name, unix.ErrnoName(errno))
	}
	// The same through the standard library, as a second check.
	_, err = os.ReadFile("/etc/passwd")
	_, _ = fmt.Fprintf(out, "read a file: %s\n", name(err))
	_, err = net.Dial("tcp", "127.0.0.1:1")
	_, _ = fmt.Fprintf(out, "dial: %s\n", name(err))
	err = exec.Command("/bin/true").Run()
	_, _ = fmt.Fprintf(out, "run a program: %s\n", name(err))
	_ = out.Flush()
	return 0
}

func name(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return unix.ErrnoName(errno)
	}
	return fmt.Sprint(err)
}

// A worker's report of its own confinement proves little, so this test tries every forbidden action.
func TestConfinementHolds(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "confinement-probe")
	cmd.Env = []string{"GOMAXPROCS=2"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the probe ended with %v, want it to get to its end: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 20 {
		t.Fatalf("the probe wrote %d lines, want at least 20: %s", len(lines), out)
	}
	if strings.Contains(lines[0], "seccomp") {
		t.Fatalf("%s, want seccomp to be in force", lines[0])
	}
	for _, line := range lines[1:] {
		if !strings.HasSuffix(line, ": EPERM") && !strings.HasSuffix(line, ": EACCES") {
			t.Errorf("%s, want EPERM or EACCES", line)
		}
	}
	t.Logf("%s", out)
}

// The restrictions of a running worker, seen from outside.
func TestWorkerHasNothing(t *testing.T) {
	pool := sandboxtest.Pool(t, 1)
	run(t, pool, `return 1`, sandbox.Limits{})
	workers := children(t, os.Getpid())
	if len(workers) == 0 {
		t.Fatal("no worker process, want one")
	}
	for _, pid := range workers {
		proc := fmt.Sprintf("/proc/%d", pid)
		env, err := os.ReadFile(proc + "/environ")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(strings.TrimRight(string(env), "\x00"), "\x00", " "); got != "GOMAXPROCS=2 "+
			"GOTRACEBACK=none" {
			t.Errorf("the environment is %q, want %q", got, "GOMAXPROCS=2 GOTRACEBACK=none")
		}
		fds, err := os.ReadDir(proc + "/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			link, err := os.Readlink(filepath.Join(proc, "fd", fd.Name()))
			if err != nil {
				continue
			}
			if !strings.HasPrefix(link, "pipe:") && !strings.HasPrefix(link, "anon_inode:[event") && link != "/dev/null" {
				t.Errorf("%s is open, want pipes and the runtime's poller only", link)
			}
		}
		status, err := os.ReadFile(proc + "/status")
		if err != nil {
			t.Fatal(err)
		}
		if n := threadsIn(t, string(status)); n > 24 {
			t.Errorf("%d threads, want at most 24", n)
		}
		for _, want := range []string{
			"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000",
			"CapPrm:\t0000000000000000",
		} {
			if !strings.Contains(string(status), want) {
				t.Errorf("not %q in the worker's status", want)
			}
		}
	}
}

// threadsIn returns the number of threads in a process's status.
func threadsIn(t *testing.T, status string) int {
	t.Helper()
	_, rest, _ := strings.Cut(status, "\nThreads:")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
