package engine

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func openHeap(t interface{ Fatal(...any) }) (heap, func()) {
	h, all, err := newHeap()
	if err != nil {
		t.Fatal(err)
	}
	return h, func() { unreserve(all) }
}

// Whatever the order of calls: blocks are aligned, as large as asked for, apart from each other, and keep what is in
// them.
func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, done := openHeap(t)
		defer done()
		type block struct {
			p    uintptr
			size uintptr
			fill byte
		}
		var live []block
		intact := func(b block) {
			if got := bytesAt(b.p, b.size); !bytes.Equal(got, bytes.Repeat([]byte{b.fill}, int(b.size))) {
				t.Fatalf("a block of %d bytes has lost what was in it, want it kept", b.size)
			}
		}
		fill := func(p, size uintptr) block {
			b := block{p, size, rapid.Byte().Draw(t, "fill")}
			for i := range bytesAt(p, size) {
				bytesAt(p, size)[i] = b.fill
			}
			return b
		}
		check := func(p, size uintptr) {
			if p == 0 || p%16 != 0 || usable(p) < size {
				t.Fatalf("alloc %d: got %x, usable %d; want a multiple of 16 with that much", size, p, usable(p))
			}
			for _, o := range live {
				if p < o.p+usable(o.p) && o.p < p+usable(p) {
					t.Fatal("two blocks overlap, want none to")
				}
			}
		}
		sizes := rapid.OneOf(rapid.UintptrRange(0, 100), rapid.UintptrRange(0, 5000), rapid.UintptrRange(0, 400<<10))
		t.Repeat(map[string]func(*rapid.T){
			"alloc": func(t *rapid.T) {
				size := sizes.Draw(t, "size")
				p := h.alloc(size)
				check(p, size)
				live = append(live, fill(p, size))
			},
			"release": func(t *rapid.T) {
				if len(live) == 0 {
					t.Skip("nothing to release")
				}
				i := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				intact(live[i])
				h.release(live[i].p)
				live = append(live[:i], live[i+1:]...)
			},
			"resize": func(t *rapid.T) {
				if len(live) == 0 {
					t.Skip("nothing to resize")
				}
				i := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				size := sizes.Draw(t, "size")
				b := live[i]
				live = append(live[:i], live[i+1:]...)
				p := h.resize(b.p, size)
				check(p, size)
				intact(block{p, min(size, b.size), b.fill})
				live = append(live, fill(p, size))
			},
			"": func(*rapid.T) {
				for _, b := range live {
					intact(b)
				}
			},
		})
	})
}

func TestClasses(t *testing.T) {
	for size := uintptr(1); size < 1<<20; size += 1 + size/50 {
		class, whole := classOf(size)
		if whole < size || sizeOf(class) != whole || whole%16 != 0 || size > 64 && whole > size+size/4+16 {
			t.Fatalf("size %d: got class %d of %d, or %d; want the smallest that holds it", size, class, whole, sizeOf(class))
		}
	}
}

func TestHeapIsFull(t *testing.T) {
	h, done := openHeap(t)
	defer done()
	if p := h.alloc(maxHeap); p != 0 {
		t.Error("more was given than there is, want none")
	}
	if p := h.alloc(^uintptr(0) - 3); p != 0 {
		t.Error("a size that wraps around was given, want none")
	}
	p := h.alloc(100)
	copy(bytesAt(p, 3), "abc")
	if q := h.resize(p, ^uintptr(0)-3); q != 0 || string(bytesAt(p, 3)) != "abc" {
		t.Error("a block that cannot grow has changed, want it as it was")
	}
}
