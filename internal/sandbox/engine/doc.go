// Package engine is QuickJS on a heap of its own: one range of addresses that holds all of a JavaScript world and
// nothing else. Such a heap can be copied away while the world is new, and put back after whatever ran in it: what a
// function changed, hid or left behind is gone with its bytes. Making a world takes the engine some 150 µs; putting one
// back is a copy of the few hundred kilobytes that it has.
//
// The engine is modernc.org/libquickjs, which modernc.org/quickjs wraps; the wrapper has no say in where the heap lies,
// so this package calls the library itself, as thinly as the sandbox's needs allow. Nothing here is safe for concurrent
// use.
package engine
