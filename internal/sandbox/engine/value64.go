//go:build !(386 || arm)

package engine

import (
	"unsafe"

	lib "modernc.org/libquickjs"
)

// undefined has no memory and is the same in every world.
var undefined = lib.TJSValue{Ftag: lib.EJS_TAG_UNDEFINED}

// exception says that one was thrown.
var exception = lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION}

func tagOf(v lib.TJSValue) int { return int(v.Ftag) }

// number is a value that owns nothing.
func number(f float64) lib.TJSValue {
	v := lib.TJSValue{Ftag: lib.EJS_TAG_FLOAT64}
	*(*float64)(unsafe.Pointer(&v.Fu)) = f
	return v
}

// pointerOf is where the value lies in the heap, of one that does.
func pointerOf(v lib.TJSValue) uintptr { return *(*uintptr)(unsafe.Pointer(&v.Fu)) }
