package engine

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a greedy function took goes back to the system.
func TestRestoreGivesMemoryBack(t *testing.T) {
	e := newEngine(t)
	image := e.Save()
	if _, err := e.Eval("var all = []; for (var i = 0; i < 32; i++) all.push(new Uint8Array(1 << " +
		"20).fill(1)); 1"); err != nil {
		t.Fatal(err)
	}
	if n := resident(t, e); n < 32<<20 {
		t.Fatalf("%d bytes are resident before, want more: the test shows nothing", n)
	}
	e.Restore(image)
	if n := resident(t, e); n > image.Size()+2*clearAtOnce {
		t.Errorf("%d bytes are still resident, want about those of the image", n)
	}
	left := bytesAt(e.heap.base+uintptr(image.Size()), 20<<20)
	for i, b := range left {
		if b != 0 {
			t.Fatalf("byte %d behind the image is %d, want 0", i, b)
		}
	}
}

// resident counts the bytes of the heap's first 64 MiB that are in memory.
func resident(t *testing.T, e *Engine) int {
	t.Helper()
	page := os.Getpagesize()
	pages := make([]byte, 64<<20/page)
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, e.heap.base, 64<<20, uintptr(unsafe.Pointer(&pages[0])))
	if errno != 0 {
		t.Fatalf("mincore: got error %v, want none", errno)
	}
	n := 0
	for _, p := range pages {
		n += int(p&1) * page
	}
	return n
}
