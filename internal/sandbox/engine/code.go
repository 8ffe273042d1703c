package engine

import (
	"errors"
	"unsafe"

	lib "modernc.org/libquickjs"
)

// Code is global code that was parsed, in the engine's own format: bytes without pointers, for any world of this binary's. Only what Code
// made may be given to Load, since the engine believes it.
type Code []byte

// Code parses global code and runs none of it. Errors say where as those of `new Function` do. It leaves nothing behind but used
// memory.
func (e *Engine) Code(source string) (Code, error) {
	v, err := e.value(e.eval(source, &inputName, lib.MJS_EVAL_TYPE_GLOBAL|lib.MJS_EVAL_FLAG_COMPILE_ONLY))
	if err != nil {
		return nil, err
	}
	defer e.free(v)
	size := int(unsafe.Sizeof(lib.Tsize_t(0)))
	length := e.tls.Alloc(size)
	defer e.tls.Free(size)
	p := lib.XJS_WriteObject(e.tls, e.ctx, length, v.v, lib.MJS_WRITE_OBJ_BYTECODE)
	if p == 0 {
		return nil, e.exception()
	}
	defer lib.Xjs_free(e.tls, e.ctx, p)
	return Code(append([]byte(nil), bytesAt(p, uintptr(*at[lib.Tsize_t](length)))...)), nil
}

// Load runs code that was parsed before and answers its value.
func (e *Engine) Load(c Code) (Value, error) {
	if len(c) == 0 {
		return Value{}, errors.New("engine: no code")
	}
	p := e.put(unsafe.String(unsafe.SliceData(c), len(c)))
	v, err := e.value(lib.XJS_ReadObject(e.tls, e.ctx, p, lib.Tsize_t(len(c)), lib.MJS_READ_OBJ_BYTECODE))
	if err != nil {
		return Value{}, err
	}
	return e.value(lib.XJS_EvalFunction(e.tls, e.ctx, v.v)) // which also frees it
}
