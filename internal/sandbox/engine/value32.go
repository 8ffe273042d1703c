//go:build 386 || arm

package engine

import (
	"math"

	lib "modernc.org/libquickjs"
)

// undefined has no memory and is the same in every world.
const undefined = lib.TJSValue(lib.EJS_TAG_UNDEFINED) << 32

// exception says that one was thrown.
const exception = lib.TJSValue(lib.EJS_TAG_EXCEPTION) << 32

// tagOf looks at the upper half, where there are more tags for numbers than one.
func tagOf(v lib.TJSValue) int {
	if t := int32(v >> 32); t >= lib.EJS_TAG_FIRST && t < lib.EJS_TAG_FLOAT64 {
		return int(t)
	}
	return lib.EJS_TAG_FLOAT64
}

// number is a value that owns nothing. The engine moves the bits of a float out of the way of the tags; there is one
// NaN.
func number(f float64) lib.TJSValue {
	const away = uint64(lib.MJS_FLOAT64_TAG_ADDEND) << 32
	bits := math.Float64bits(f)
	if math.IsNaN(f) {
		bits = 0x7ff8000000000000
	}
	return lib.TJSValue(bits - away)
}

// pointerOf is where the value lies in the heap, of one that does.
func pointerOf(v lib.TJSValue) uintptr { return uintptr(uint32(v)) }
