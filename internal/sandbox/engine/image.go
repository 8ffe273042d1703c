package engine

import lib "modernc.org/libquickjs"

// Image is a world's heap as it was. It belongs to the Engine that made it: pointers in it are addresses there.
type Image struct {
	heap []byte
}

// Size is what the image holds, in bytes.
func (i *Image) Size() int { return len(i.heap) }

// gcFrom is how much more than its image a world may hold before cycles are looked for, in bytes. Looking goes through
// all of the language, which costs more than most runs; what has no cycles is freed at once.
const gcFrom = 2 << 20

// Save makes an image of the world as it is. No call may be under way.
func (e *Engine) Save() *Image {
	lib.XJS_RunGC(e.tls, e.rt)
	lib.XJS_SetGCThreshold(e.tls, e.rt, lib.Tsize_t(e.heap.book().top-e.heap.base)+gcFrom)
	b := e.heap.book()
	return &Image{heap: append([]byte(nil), bytesAt(e.heap.base, b.top-e.heap.base)...)}
}

// Starved reports whether code has met the heap's limit since the world was put back. Then every call but Restore and
// Close answers that there is no memory: the world is what it was in the midst of whatever it did.
func (e *Engine) Starved() bool { return e.exhausted }

// Beyond is how much memory the world has touched that the image does not have, in bytes.
func (e *Engine) Beyond(i *Image) int { return max(0, int(e.heap.book().high-e.heap.base)-len(i.heap)) }

// clearAtOnce is how much is overwritten with zeros rather than given back to the system, in bytes.
const clearAtOnce = 1 << 20

// keepCommitted is how much of a heap stays accessible from one world to the next, in bytes. The system counts what is
// accessible, used or not, against what the process may have.
const keepCommitted = 256 << 20

// Restore puts the world back to what it was when the image was saved, whatever happened to it since. What was beyond
// is zeros again, and so is all that was passed in and said.
func (e *Engine) Restore(i *Image) {
	e.forget()
	e.said.forget()
	e.locales.service.Forget()
	e.exhausted = false
	b := e.heap.book()
	high, committed := b.high, b.committed
	end := e.heap.base + uintptr(len(i.heap))
	copy(bytesAt(e.heap.base, uintptr(len(i.heap))), i.heap)
	b.committed = committed
	b.high = b.top
	edge := e.heap.base + (uintptr(len(i.heap))+clearAtOnce+commitStep-1)&^(commitStep-1) // whole pages from here on
	if near := min(high, edge); near > end {
		clear(bytesAt(end, near-end))
	}
	if high > edge {
		decommit(edge, (high-e.heap.base+commitStep-1)&^(commitStep-1)+e.heap.base)
	}
	if keep := max(edge, e.heap.base+keepCommitted); committed > keep && uncommit(keep, committed-keep) {
		b.committed = keep
	}
}
