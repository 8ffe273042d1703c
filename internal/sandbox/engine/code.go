package engine

import (
	"errors"
	"unsafe"

	lib "modernc.org/libquickjs"
)

// Code is global code that was parsed, in the engine's own format: bytes without pointers, for any world of this
// binary's. Only what Code made may be given to Load, since the engine believes it.
type Code []byte

// Code parses global code and runs none of it. Errors say where as those of `new Function` do. It leaves nothing behind
// but used memory. function is part of the source: whole reports whether just this text is one of the functions within
// the source's own.
func (e *Engine) Code(source, function string) (code Code, whole bool, err error) {
	if e.exhausted {
		return nil, false, outOfMemory()
	}
	defer e.exhaust(&err)
	return e.compile(source, &inputName, function)
}

// compile is Code for what runs below a call already, whose end an allocation that fails is.
func (e *Engine) compile(source string, name *fileName, function string) (code Code, whole bool, err error) {
	v, err := e.value(e.eval(source, name, lib.MJS_EVAL_TYPE_GLOBAL|lib.MJS_EVAL_FLAG_COMPILE_ONLY))
	if err != nil {
		return nil, false, err
	}
	whole = function != "" && holds(v, function, 2)
	size := int(unsafe.Sizeof(lib.Tsize_t(0)))
	length := e.tls.Alloc(size)
	defer e.tls.Free(size)
	p := lib.XJS_WriteObject(e.tls, e.ctx, length, v.v, lib.MJS_WRITE_OBJ_BYTECODE)
	e.free(v)
	if p == 0 {
		return nil, false, e.exception()
	}
	code = append(code, bytesAt(p, uintptr(*at[lib.Tsize_t](length)))...)
	lib.Xjs_free(e.tls, e.ctx, p)
	return code, whole, nil
}

// compileOwn parses code of the host's and leaves out what strip says: lib.MJS_STRIP_SOURCE or lib.MJS_STRIP_DEBUG.
// Without positions, an error in the code is at the line of the function that called.
func (e *Engine) compileOwn(source string, strip int32) (Code, error) {
	lib.XJS_SetStripInfo(e.tls, e.rt, strip)
	code, _, err := e.compile(source, &evalName, "")
	lib.XJS_SetStripInfo(e.tls, e.rt, 0)
	return code, err
}

// EvalOwn is Eval for code of the host's in the world that the image holds. It leaves nothing there of the parser's
// work, and no source texts: an image is the smaller for it, and so is the time to restore it.
func (e *Engine) EvalOwn(source string, before *Image) (v Value, err error) {
	if e.exhausted {
		return Value{}, outOfMemory()
	}
	defer e.exhaust(&err)
	code, err := e.compileOwn(source, lib.MJS_STRIP_SOURCE)
	if err != nil {
		return Value{}, err
	}
	limit := at[lib.TJSRuntime](e.rt).Fmalloc_ctx.Fmalloc_state.Fmalloc_limit
	e.Restore(before)
	lib.XJS_SetMemoryLimit(e.tls, e.rt, limit)
	return e.load(code)
}

// holds reports whether compiled code has a function of just this text, so many functions deep.
func holds(compiled Value, text string, depth int) bool {
	if tagOf(compiled.v) != lib.EJS_TAG_FUNCTION_BYTECODE {
		return false
	}
	code := at[lib.TJSFunctionBytecode](pointerOf(compiled.v))
	if depth == 0 {
		return int(code.Fdebug.Fsource_len) == len(text) && string(bytesAt(code.Fdebug.Fsource, uintptr(len(text)))) == text
	}
	for _, v := range unsafe.Slice(at[lib.TJSValue](code.Fcpool), code.Fcpool_count) {
		if holds(Value{v}, text, depth-1) {
			return true
		}
	}
	return false
}

// Load runs code that was parsed before and answers its value.
func (e *Engine) Load(c Code) (v Value, err error) {
	if len(c) == 0 {
		return Value{}, errors.New("engine: no code")
	}
	if e.exhausted {
		return Value{}, outOfMemory()
	}
	defer e.exhaust(&err)
	return e.load(c)
}

// load is Load as compile is Code.
func (e *Engine) load(c Code) (Value, error) {
	p := e.put(unsafe.String(unsafe.SliceData(c), len(c)))
	v, err := e.value(lib.XJS_ReadObject(e.tls, e.ctx, p, lib.Tsize_t(len(c)), lib.MJS_READ_OBJ_BYTECODE))
	if err != nil {
		return Value{}, err
	}
	return e.value(lib.XJS_EvalFunction(e.tls, e.ctx, v.v)) // which also frees it
}
