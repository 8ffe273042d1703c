//go:build !(386 || arm)

package engine

import lib "modernc.org/libquickjs"

// undefined has no memory and is the same in every world.
var undefined = lib.TJSValue{Ftag: lib.EJS_TAG_UNDEFINED}

// exception says that one was thrown.
var exception = lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION}

func tagOf(v lib.TJSValue) int { return int(v.Ftag) }
