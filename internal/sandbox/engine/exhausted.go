package engine

import (
	"errors"
	"strings"

	"modernc.org/libc"
)

// errExhausted is what an allocation panics with that the heap refuses, below the engine's code.
var errExhausted = errors.New("engine: out of memory")

// outOfMemory is what a call answers that met the heap's limit, and every call after it until the world is put back:
// the words are those that the engine itself has for it.
func outOfMemory() *Error {
	const message = "out of memory"
	return &Error{Name: "InternalError", Message: message, Text: "InternalError: " + message}
}

// exhaust is deferred by whatever enters the engine. It ends the unwinding of a failed allocation, and leaves the world
// exhausted: nothing of it may run or be freed, so nothing that is deferred below may free a value. What the C library
// keeps for calls that never returned is freed.
func (e *Engine) exhaust(err *error) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == error(errExhausted):
	case p == error(errNoMemory), isLibraryExhausted(p):
		e.spent = true
	default:
		panic(p)
	}
	e.tls.Close()
	e.tls, e.exhausted = libc.NewTLS(), true
	*err = outOfMemory()
}

// Spent reports whether the system has refused this process memory. What was freed since need not have gone back to it:
// the next world could be refused what is its due.
func (e *Engine) Spent() bool { return e.spent }

// isLibraryExhausted recognises how the C library panics when the system gives it no memory. The variables of nested
// calls are there, beside the heap.
func isLibraryExhausted(p any) bool {
	text, ok := p.(string)
	return ok && strings.HasSuffix(text, "TODO OOM")
}
