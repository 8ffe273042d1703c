package engine

import (
	"unsafe"

	lib "modernc.org/libquickjs"
)

// Error is an exception that nothing caught. What code threw may be no Error of the language's: then what it has under
// these names counts. A field that cannot be read is empty.
type Error struct {
	Name    string
	Message string
	Line    int    // from 1; 0 when unknown
	Column  int    // from 1; 0 when unknown
	Text    string // the exception as a string
}

func (e *Error) Error() string { return e.Text }

// exception takes the exception at hand. Reading it may run code: a getter, a toString.
func (e *Engine) exception() error {
	x := lib.XJS_GetException(e.tls, e.ctx)
	text, ok := e.goText(x)
	if !ok {
		e.drop()
	}
	thrown := &Error{
		Text: string(text), Name: e.textAt(x, &nameKey), Message: e.textAt(x, &messageKey),
		Line: e.numberAt(x, &lineKey), Column: e.numberAt(x, &columnKey),
	}
	lib.XFreeValue(e.tls, e.ctx, x)
	return thrown
}

// drop forgets the exception that reading another one threw.
func (e *Engine) drop() { lib.XFreeValue(e.tls, e.ctx, lib.XJS_GetException(e.tls, e.ctx)) }

type key [16]byte // ends with a zero

var (
	nameKey    = key{'n', 'a', 'm', 'e'}
	messageKey = key{'m', 'e', 's', 's', 'a', 'g', 'e'}
	lineKey    = key{'l', 'i', 'n', 'e', 'N', 'u', 'm', 'b', 'e', 'r'}
	columnKey  = key{'c', 'o', 'l', 'u', 'm', 'n', 'N', 'u', 'm', 'b', 'e', 'r'}
)

func (e *Engine) textAt(x lib.TJSValue, k *key) (text string) {
	v := lib.XJS_GetPropertyStr(e.tls, e.ctx, x, uintptr(unsafe.Pointer(k)))
	if isException(v) {
		e.drop()
		return ""
	}
	if isString(v) {
		read, ok := e.goText(v)
		if text = string(read); !ok {
			e.drop()
		}
	}
	lib.XFreeValue(e.tls, e.ctx, v)
	return text
}

func (e *Engine) numberAt(x lib.TJSValue, k *key) (n int) {
	v := lib.XJS_GetPropertyStr(e.tls, e.ctx, x, uintptr(unsafe.Pointer(k)))
	if isException(v) {
		e.drop()
		return 0
	}
	if t := tagOf(v); t == lib.EJS_TAG_INT || t == lib.EJS_TAG_FLOAT64 {
		size := int(unsafe.Sizeof(int32(0)))
		to := e.tls.Alloc(size)
		defer e.tls.Free(size)
		if lib.XJS_ToInt32(e.tls, e.ctx, to, v) < 0 {
			e.drop()
		} else {
			n = int(*at[int32](to))
		}
	}
	lib.XFreeValue(e.tls, e.ctx, v)
	return n
}

func isException(v lib.TJSValue) bool { return tagOf(v) == lib.EJS_TAG_EXCEPTION }

func isString(v lib.TJSValue) bool {
	t := tagOf(v)
	return t == lib.EJS_TAG_STRING || t == lib.EJS_TAG_STRING_ROPE
}
