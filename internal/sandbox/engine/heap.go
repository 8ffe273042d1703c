package engine

import (
	"errors"
	"math/bits"
	"unsafe"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"
)

// A heap is a range of reserved addresses from base. What the allocator knows is at its beginning (book), so that a
// copy of the range up to book.top is a copy of everything.
//
//	base      book       blocks                   top            committed          reserved
//	| --------| header payload | header … --------| never used --| not accessible --|
//
// It serves the engine, which packs small objects into larger blocks itself. Blocks come in size classes, four to each
// power of two; a freed one waits on its class's list. All of it is plain memory without pointers of Go's.
type heap struct{ base uintptr }

// maxHeap is how many addresses a heap reserves, in bytes: 768 MiB, or 256 MiB where addresses are short. It is several
// times the engine's cap, since a block that grows is there twice for a moment, and freed blocks serve their own size
// only; and it leaves something of what the process may have to the rest of it.
const maxHeap = uintptr(256<<20) * (1 + 2*(^uintptr(0)>>63))

// book is the allocator's state.
type book struct {
	top       uintptr // where the next new block begins
	high      uintptr // the highest top since the heap was last put back: what is above holds zeros
	committed uintptr // accessible up to here
	reserved  uintptr // ours up to here
	free      [classes]uintptr
}

// header stands before each block.
type header struct {
	class uint64
	_     uint64 // blocks are aligned to 16 bytes
}

const (
	headerSize = unsafe.Sizeof(header{})
	bookSize   = (unsafe.Sizeof(book{}) + 15) &^ 15
	smallest   = 6 // the first class has 1<<smallest bytes, header included
	classes    = (bits.UintSize - 6 - smallest) * 4

	commitStep = 1 << 20 // how much is made accessible at a time, in bytes
	// giveBack is from what size on a freed block's memory goes back to the system, in bytes.
	giveBack = 256 << 10
)

var errNoMemory = errors.New("engine: the system gives no memory for a heap")

// newHeap reserves addresses; memory comes as it is used. The range must be kept for as long as the heap.
func newHeap() (heap, []byte, error) {
	all, err := reserve(maxHeap)
	if err != nil {
		return heap{}, nil, errors.Join(errNoMemory, err)
	}
	h := heap{uintptr(unsafe.Pointer(unsafe.SliceData(all)))}
	if !commit(h.base, commitStep) {
		return heap{}, nil, errNoMemory
	}
	b := h.book()
	*b = book{top: h.base + bookSize, high: h.base + bookSize, committed: h.base + commitStep, reserved: h.base + maxHeap}
	return h, all, nil
}

func at[T any](p uintptr) *T { return (*T)(unsafe.Add(nil, p)) }

func (h heap) book() *book { return at[book](h.base) }

// classOf is the smallest class that holds size bytes, and what a block of it has, both with the header.
func classOf(size uintptr) (class int, whole uintptr) {
	if size <= 1<<smallest {
		return 0, 1 << smallest
	}
	power := bits.Len(uint(size-1)) - 1 // size is in (1<<power, 1<<(power+1)]
	quarter := uintptr(1) << (power - 2)
	n := (size - 1 - 1<<power) / quarter // which quarter of it, from 0
	return (power-smallest)*4 + int(n) + 1, 1<<power + (n+1)*quarter
}

// sizeOf is what a block of the class has, header included.
func sizeOf(class int) uintptr {
	if class == 0 {
		return 1 << smallest
	}
	class--
	power := smallest + class/4
	return 1<<power + uintptr(class%4+1)<<(power-2)
}

// alloc answers 0 when the heap has no room.
func (h heap) alloc(size uintptr) uintptr {
	b := h.book()
	if size > b.reserved-h.base {
		return 0
	}
	class, whole := classOf(size + headerSize)
	if class >= classes {
		return 0
	}
	if p := b.free[class]; p != 0 {
		b.free[class] = *at[uintptr](p)
		return p
	}
	if !b.grow(whole) {
		return 0
	}
	p := b.top + headerSize
	at[header](b.top).class = uint64(class)
	b.top += whole
	b.high = max(b.high, b.top)
	return p
}

// grow makes n bytes from top accessible, if the heap has room for them. A system that gives no memory ends what runs,
// as refuse does.
func (b *book) grow(n uintptr) bool {
	if n > b.reserved-b.top {
		return false
	}
	if end := b.top + n; end > b.committed {
		more := min((end-b.committed+commitStep-1)&^(commitStep-1), b.reserved-b.committed)
		if !commit(b.committed, more) {
			panic(errNoMemory)
		}
		b.committed += more
	}
	return true
}

func (h heap) release(p uintptr) {
	b := h.book()
	class := int(at[header](p - headerSize).class)
	whole := sizeOf(class)
	if p-headerSize+whole == b.top {
		b.top = p - headerSize
		return
	}
	*at[uintptr](p) = b.free[class]
	b.free[class] = p
	if whole >= giveBack {
		decommit(p+unsafe.Sizeof(p), p-headerSize+whole)
	}
}

// usable is how many bytes a block has for its user.
func usable(p uintptr) uintptr { return sizeOf(int(at[header](p-headerSize).class)) - headerSize }

// resize answers 0, and leaves the block as it is, when the heap has no room.
func (h heap) resize(p, size uintptr) uintptr {
	b := h.book()
	if size > b.reserved-h.base {
		return 0
	}
	class, whole := classOf(size + headerSize)
	was := usable(p)
	if size <= was && whole >= (was+headerSize)/2 {
		return p
	}
	if start := p - headerSize; start+headerSize+was == b.top && class < classes { // the last block grows where it is
		b.top = start
		if !b.grow(whole) {
			b.top = start + headerSize + was
			return 0
		}
		at[header](start).class = uint64(class)
		b.top += whole
		b.high = max(b.high, b.top)
		return p
	}
	q := h.alloc(size)
	if q == 0 {
		return 0
	}
	copy(bytesAt(q, min(size, was)), bytesAt(p, min(size, was)))
	h.release(p)
	return q
}

// refuse ends what runs, for want of memory. The engine has code of its own for a failed allocation, in some thousand
// places that hardly ever run; not all of them are right. None ever runs: the call unwinds to whoever entered the
// engine (Engine.exhaust), and what it left halfway is put back with the image.
func refuse() uintptr { panic(errExhausted) }

func bytesAt(p, n uintptr) []byte { return unsafe.Slice(at[byte](p), n) }

// heapFunctions are how the engine asks the heap.
func heapFunctions() lib.TJSMallocFunctions {
	return lib.TJSMallocFunctions{
		Fjs_malloc: address(engineAlloc), Fjs_free: address(engineFree),
		Fjs_realloc: address(engineRealloc), Fjs_malloc_usable_size: address(engineUsable),
	}
}

// The engine's four calls. state is its own count of bytes and blocks, and the limit that it was given; its opaque
// member is our base.

func engineAlloc(_ *libc.TLS, state uintptr, size lib.Tsize_t) uintptr {
	s := at[lib.TJSMallocState](state)
	if s.Fmalloc_size+size > s.Fmalloc_limit {
		return refuse()
	}
	p := heap{s.Fopaque}.alloc(uintptr(size))
	if p == 0 {
		return refuse()
	}
	s.Fmalloc_count++
	s.Fmalloc_size += lib.Tsize_t(usable(p) + headerSize)
	return p
}

func engineFree(_ *libc.TLS, state, p uintptr) {
	if p == 0 {
		return
	}
	s := at[lib.TJSMallocState](state)
	s.Fmalloc_count--
	s.Fmalloc_size -= lib.Tsize_t(usable(p) + headerSize)
	heap{s.Fopaque}.release(p)
}

func engineRealloc(tls *libc.TLS, state, p uintptr, size lib.Tsize_t) uintptr {
	if p == 0 {
		if size == 0 {
			return 0
		}
		return engineAlloc(tls, state, size)
	}
	if size == 0 {
		engineFree(tls, state, p)
		return 0
	}
	s := at[lib.TJSMallocState](state)
	was := lib.Tsize_t(usable(p))
	if size > was && s.Fmalloc_size+size-was > s.Fmalloc_limit {
		return refuse()
	}
	q := heap{s.Fopaque}.resize(p, uintptr(size))
	if q == 0 {
		return refuse()
	}
	s.Fmalloc_size += lib.Tsize_t(usable(q)) - was
	return q
}

func engineUsable(_ *libc.TLS, p uintptr) lib.Tsize_t {
	if p == 0 {
		return 0
	}
	return lib.Tsize_t(usable(p))
}
