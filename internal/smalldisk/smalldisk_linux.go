package smalldisk

import (
	"fmt"
	"syscall"
	"testing"
)

// New mounts a directory with room for a number of bytes until the test ends. grow gives it room for another number.
// Where this machine lets nobody mount, the test is skipped.
func New(t *testing.T, bytes int) (dir string, grow func(bytes int)) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("callfn-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("cannot mount a small disk (%v): run the test as root on Linux, outside a container without CAP_SYS_ADMIN",
			err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, func(bytes int) {
		if err := syscall.Mount("callfn-test", dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", bytes)); err != nil {
			t.Fatal(err)
		}
	}
}
