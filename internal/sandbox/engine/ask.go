package engine

import (
	"time"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"
)

// asker answers the world's function `ask`.
type asker struct {
	answer func(verb string, arguments []byte) []byte // nil where nobody answers
}

// OnAsk makes answer the host of the world's function `ask(verb, arguments)`: both are text, and the answer is UTF-8.
// It may call Extend, and nothing else of the Engine. It holds for all worlds until it is set again; nil for nobody,
// whose answer is undefined.
func (e *Engine) OnAsk(answer func(verb string, arguments []byte) []byte) { e.asker.answer = answer }

// defineAsk gives the world the global functions `ask`, and `left`, which answers how many ms are left until the
// deadline.
func (e *Engine) defineAsk() {
	e.setGlobal("ask", e.newFunction("ask", 2, lib.EJS_CFUNC_generic, 0, function(e.ask)))
	e.setGlobal("left", e.newFunction("left", 0, lib.EJS_CFUNC_generic, 0, function(e.left)))
}

func (e *Engine) ask(_ *libc.TLS, _ uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	if argc < 2 || e.asker.answer == nil {
		return undefined
	}
	verb, ok := e.goText(argument(argv, 0))
	if !ok {
		return exception
	}
	arguments, ok := e.goText(argument(argv, 1))
	if !ok {
		return exception
	}
	return e.text(string(e.asker.answer(string(verb), arguments)))
}

func (e *Engine) left(*libc.TLS, uintptr, lib.TJSValue, int32, uintptr) lib.TJSValue {
	left := time.Duration(e.clock.until) - time.Since(base)
	return lib.XNewInt32(e.tls, e.ctx, int32(max(left.Milliseconds(), 0)))
}

// Extend moves the deadline by what the code waited for its host, but not beyond latest. It may be called by what
// answers `ask`.
func (e *Engine) Extend(waited time.Duration, latest time.Time) {
	if e.clock.until != 0 {
		e.clock.until = min(e.clock.until+int64(waited), int64(latest.Sub(base)))
	}
}

// Late reports whether the deadline has passed.
func (e *Engine) Late() bool { return e.clock.passed() }
