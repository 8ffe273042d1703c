package engine

import (
	"sync/atomic"
	"unsafe"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"
)

// said is where text goes that code hands out while it runs: memory of the C library's, so that putting the world back
// leaves it alone, and so that it can be read from beside an engine that never comes back.
type said struct {
	size int64   // bytes at text that count; grows only
	lost int64   // how often there was nothing to say, or no room for it
	room int64   // bytes at text
	text uintptr // texts, with a comma after each
}

// Listen makes room for so many bytes of text, and forgets what was said before.
func (e *Engine) Listen(room int) {
	s := e.said
	s.forget()
	if int64(room) > s.room {
		libc.Xfree(e.tls, s.text)
		s.room = 0
		if s.text = libc.Xcalloc(e.tls, 1, lib.Tsize_t(room)); s.text != 0 {
			s.room = int64(room)
		}
	}
}

// forget overwrites what was said.
func (s *said) forget() {
	atomic.StoreInt64(&s.lost, 0)
	clear(bytesAt(s.text, uintptr(atomic.SwapInt64(&s.size, 0))))
}

// Said is what code has said since Listen, each text with a comma behind it, and how often it called without a text or
// had no more room. It may be called while code runs.
func (e *Engine) Said() (texts []byte, lost int) {
	s := e.said
	size := atomic.LoadInt64(&s.size)
	return append([]byte(nil), bytesAt(s.text, uintptr(size))...), int(atomic.LoadInt64(&s.lost))
}

var sayName = key{'s', 'a', 'y'}

// defineSay gives the world a global function `say(text)`.
func (e *Engine) defineSay() {
	global := lib.XJS_GetGlobalObject(e.tls, e.ctx)
	name := uintptr(unsafe.Pointer(&sayName))
	lib.XJS_SetRuntimeOpaque(e.tls, e.rt, uintptr(unsafe.Pointer(e.said)))
	say := lib.XJS_NewCFunction2(e.tls, e.ctx, address(say), name, 1, lib.EJS_CFUNC_generic, 0)
	lib.XJS_SetPropertyStr(e.tls, e.ctx, global, name, say)
	lib.XFreeValue(e.tls, e.ctx, global)
}

func say(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	s := at[said](lib.XJS_GetRuntimeOpaque(tls, lib.XJS_GetRuntime(tls, ctx)))
	if argc < 1 || !isString(*at[lib.TJSValue](argv)) {
		atomic.AddInt64(&s.lost, 1)
		return undefined
	}
	size := int(unsafe.Sizeof(lib.Tsize_t(0)))
	length := tls.Alloc(size)
	defer tls.Free(size)
	p := lib.XJS_ToCStringLen2(tls, ctx, length, *at[lib.TJSValue](argv), 0)
	if p == 0 {
		return exception
	}
	s.add(bytesAt(p, uintptr(*at[lib.Tsize_t](length))))
	lib.XJS_FreeCString(tls, ctx, p)
	return undefined
}

// add keeps a text where there is room.
func (s *said) add(text []byte) {
	n := int64(len(text))
	if n+1 > s.room-s.size {
		atomic.AddInt64(&s.lost, 1)
		return
	}
	to := bytesAt(s.text+uintptr(s.size), uintptr(n+1))
	copy(to, text)
	to[n] = ','
	atomic.StoreInt64(&s.size, s.size+n+1)
}
