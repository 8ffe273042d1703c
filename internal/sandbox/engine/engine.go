package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"
)

// Engine is one JavaScript world and its heap.
type Engine struct {
	heap heap
	all  []byte // the heap's addresses
	tls  *libc.TLS
	rt   uintptr
	ctx  uintptr

	clock   *clock
	said    *said
	dates   dates
	locales locales
	asker   asker
	scratch uintptr // outside of the heap, for strings on their way in
	room    int     // of scratch, in bytes
	written int     // bytes of scratch that hold such strings

	exhausted bool // an allocation failed, and the world was left as it was at that moment
	spent     bool // and it was the system that gave no memory

	functions []any // of Go's that the world has the addresses of
}

// Value is a value of the world: of this very state of it, and of every state that it is put back to from then on.
type Value struct{ v lib.TJSValue }

// Undefined is the same in every world.
var Undefined = Value{undefined}

// clock is what the engine asks every so often whether to go on. It is memory of the C library's, not of the heap's.
type clock struct {
	until int64 // ns since base; 0 for no end
}

// New makes a world with the whole language in it, and the global functions `say`, whose texts Said tells, and `ask`
// and `left` (see OnAsk). maxStack bounds the depth of calls in slots, about one for each.
func New(maxStack int) (*Engine, error) { return newWith(maxStack, heapFunctions()) }

// newWith is New with an allocator of the caller's choice, which must be over the heap's.
func newWith(maxStack int, allocator lib.TJSMallocFunctions) (_ *Engine, err error) {
	h, all, err := newHeap()
	if err != nil {
		return nil, err
	}
	e := &Engine{heap: h, all: all, tls: libc.NewTLS()}
	defer func() {
		if err != nil {
			e.Close()
		}
	}()
	defer e.exhaust(&err)
	e.clock = at[clock](libc.Xcalloc(e.tls, 1, lib.Tsize_t(unsafe.Sizeof(clock{}))))
	e.said = at[said](libc.Xcalloc(e.tls, 1, lib.Tsize_t(unsafe.Sizeof(said{}))))
	functions := libc.Xcalloc(e.tls, 1, lib.Tsize_t(unsafe.Sizeof(lib.TJSMallocFunctions{})))
	defer libc.Xfree(e.tls, functions)
	*at[lib.TJSMallocFunctions](functions) = allocator
	if e.rt = lib.XJS_NewRuntime2(e.tls, functions, h.base); e.rt == 0 {
		return nil, errors.New("engine: no runtime")
	}
	lib.XJS_SetMaxStackSize(e.tls, e.rt, lib.Tsize_t(maxStack))
	lib.XJS_SetCanBlock(e.tls, e.rt, 0)
	lib.XJS_SetInterruptHandler(e.tls, e.rt, address(goOn), uintptr(unsafe.Pointer(e.clock)))
	if e.ctx = lib.XJS_NewContext(e.tls, e.rt); e.ctx == 0 {
		return nil, errors.New("engine: no context")
	}
	e.defineSay()
	e.defineAsk()
	if err := e.defineDate(); err != nil {
		return nil, fmt.Errorf("engine: date: %w", err)
	}
	if err := e.defineLocales(); err != nil {
		return nil, fmt.Errorf("engine: locales: %w", err)
	}
	return e, nil
}

// Close gives the world's memory back. Nothing of it runs: finalizers have nobody to tell.
func (e *Engine) Close() {
	unreserve(e.all)
	e.forget()
	e.said.forget()
	libc.Xfree(e.tls, uintptr(unsafe.Pointer(e.clock)))
	libc.Xfree(e.tls, e.said.text)
	libc.Xfree(e.tls, uintptr(unsafe.Pointer(e.said)))
	libc.Xfree(e.tls, e.scratch)
	e.tls.Close()
	*e = Engine{}
}

// address is how transpiled C points to a function of Go's. f must be a function declared at package level, or be kept
// for as long as the address is: transpiled C is nothing that the garbage collector looks at. It does not move what it
// keeps.
func address(f any) uintptr {
	type face struct{ _, data uintptr }
	return (*face)(unsafe.Pointer(&f)).data
}

var base = time.Now()

// goOn answers 1 to end what runs, past every catch and finally.
func goOn(_ *libc.TLS, _, opaque uintptr) int32 {
	if at[clock](opaque).passed() {
		return 1
	}
	return 0
}

func (c *clock) passed() bool { return c.until != 0 && int64(time.Since(base)) >= c.until }

// Limit caps the heap, in bytes. The engine needs a little to say that there is no more: less than 128 KiB is 128 KiB.
func (e *Engine) Limit(heap int64) {
	lib.XJS_SetMemoryLimit(e.tls, e.rt, max(lib.Tsize_t(heap), 128<<10))
}

// Deadline is how long all that is done from now on may take together, until the next Deadline; 0 for as long as it
// likes. What overruns ends with an Error that no code could catch.
func (e *Engine) Deadline(d time.Duration) {
	e.clock.until = 0
	if d > 0 {
		e.clock.until = int64(time.Since(base) + d)
	}
}

// Reseed gives Math.random a new beginning. A world that was put back would draw the same numbers again.
func (e *Engine) Reseed() {
	at[lib.TJSContext](e.ctx).Frandom_state = lib.Tuint64_t(rand.Uint64() | 1)
}

// fileName is what errors call a piece of code.
type fileName [8]byte

var (
	evalName  = fileName{'<', 'e', 'v', 'a', 'l', '>'}
	inputName = fileName{'<', 'i', 'n', 'p', 'u', 't', '>'} // what `new Function` calls its own
)

// Eval runs global code and answers its value.
func (e *Engine) Eval(source string) (v Value, err error) {
	if e.exhausted {
		return Value{}, outOfMemory()
	}
	defer e.exhaust(&err)
	return e.value(e.eval(source, &evalName, lib.MJS_EVAL_TYPE_GLOBAL))
}

// Compile parses global code and runs none of it. It leaves nothing behind but used memory. function is part of the
// source: whole reports whether just this text is one of the functions that the source declares, outside of all others.
func (e *Engine) Compile(source, function string) (whole bool, err error) {
	if e.exhausted {
		return false, outOfMemory()
	}
	defer e.exhaust(&err)
	v, err := e.value(e.eval(source, &evalName, lib.MJS_EVAL_TYPE_GLOBAL|lib.MJS_EVAL_FLAG_COMPILE_ONLY))
	if err != nil {
		return false, err
	}
	whole = holds(v, function, 1)
	e.free(v)
	return whole, nil
}

func (e *Engine) eval(source string, name *fileName, flags int32) lib.TJSValue {
	return lib.XJS_Eval(e.tls, e.ctx, e.put(source), lib.Tsize_t(len(source)), uintptr(unsafe.Pointer(name)), flags)
}

// put copies text to where the engine can read it, with a zero behind it, until the next put.
func (e *Engine) put(text string) uintptr {
	if len(text) >= e.room {
		e.forget()
		libc.Xfree(e.tls, e.scratch)
		e.room = max(2*len(text)+1, 16<<10)
		if e.scratch = libc.Xcalloc(e.tls, 1, lib.Tsize_t(e.room)); e.scratch == 0 {
			panic("engine: no memory to pass text") // the C library has none left: nothing more can be done in this process
		}
	}
	to := bytesAt(e.scratch, uintptr(len(text)+1))
	copy(to, text)
	to[len(text)] = 0
	e.written = max(e.written, len(to))
	return e.scratch
}

// forget overwrites the texts that were passed in.
func (e *Engine) forget() {
	clear(bytesAt(e.scratch, uintptr(e.written)))
	e.written = 0
}

// value tells an exception from a value.
func (e *Engine) value(v lib.TJSValue) (Value, error) {
	if isException(v) {
		return Value{}, e.exception()
	}
	return Value{v}, nil
}

func (e *Engine) free(v Value) { lib.XFreeValue(e.tls, e.ctx, v.v) }

// Call calls a function with undefined as this. An argument is a string, a []byte of the same meaning, an int32 or a
// Value; text that is no UTF-8 gets U+FFFD for each bad byte. When the function returns a string, text is it (lone
// surrogates become U+FFFD) and isText is true; any other value is dropped. The text is the caller's.
func (e *Engine) Call(f Value, args ...any) (text []byte, isText bool, err error) {
	const most = 8
	if len(args) > most {
		return nil, false, fmt.Errorf("engine: %d arguments, at most %d", len(args), most)
	}
	if e.exhausted {
		return nil, false, outOfMemory()
	}
	defer e.exhaust(&err)
	size := int(most * unsafe.Sizeof(undefined))
	argv := e.tls.Alloc(size)
	defer e.tls.Free(size)
	list := unsafe.Slice(at[lib.TJSValue](argv), most)[:len(args)]
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			list[i] = e.text(arg)
		case []byte:
			list[i] = e.text(unsafe.String(unsafe.SliceData(arg), len(arg)))
		case int32:
			list[i] = lib.XNewInt32(e.tls, e.ctx, arg)
		case Value:
			list[i] = arg.v
		default:
			e.freeMade(list, args[:i])
			return nil, false, fmt.Errorf("engine: an argument of type %T", arg)
		}
		if isException(list[i]) {
			e.freeMade(list, args[:i])
			return nil, false, e.exception()
		}
	}
	v := lib.XJS_Call(e.tls, e.ctx, f.v, undefined, int32(len(args)), argv)
	e.freeMade(list, args)
	switch {
	case isException(v):
		return nil, false, e.exception()
	case isString(v):
		text, isText = e.goText(v)
		if !isText {
			err = e.exception()
		}
	}
	e.free(Value{v})
	return text, isText, err
}

// freeMade frees the values that Call made of its arguments.
func (e *Engine) freeMade(list []lib.TJSValue, args []any) {
	for i := range args {
		if _, ours := args[i].(Value); !ours {
			lib.XFreeValue(e.tls, e.ctx, list[i])
		}
	}
}

func (e *Engine) text(s string) lib.TJSValue {
	if !utf8.ValidString(s) {
		s = strings.Map(func(r rune) rune { return r }, s) // each bad byte becomes U+FFFD
	}
	return lib.XJS_NewStringLen(e.tls, e.ctx, e.put(s), lib.Tsize_t(len(s)))
}

// goText converts a value to text; for what is no string, its toString runs. false leaves an exception behind.
func (e *Engine) goText(v lib.TJSValue) ([]byte, bool) {
	size := int(unsafe.Sizeof(lib.Tsize_t(0)))
	length := e.tls.Alloc(size)
	defer e.tls.Free(size)
	p := lib.XJS_ToCStringLen2(e.tls, e.ctx, length, v, 0)
	if p == 0 {
		return nil, false
	}
	text := wellFormed(bytesAt(p, uintptr(*at[lib.Tsize_t](length))))
	lib.XJS_FreeCString(e.tls, e.ctx, p)
	return text, true
}

// wellFormed copies text of the engine's. It writes a lone surrogate as the three bytes that UTF-8 would have for it,
// of which strings.ToValidUTF8 would make one U+FFFD for a whole run.
func wellFormed(b []byte) []byte {
	if utf8.Valid(b) {
		return append([]byte{}, b...)
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && len(b) >= 3 && b[0] == 0xed {
			n = 3
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}
