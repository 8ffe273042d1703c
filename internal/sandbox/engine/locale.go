package engine

import (
	_ "embed" // intl.js, primordials.js
	"errors"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"

	"callfn/internal/sandbox/intl"
)

// QuickJS has no Intl, and its toLocaleString takes no notice of locales and options. The world gets both: what
// ECMA-402 does with arguments is in intl.js, what comes of it in package intl. intl.js is loaded into a world when
// something of it is first asked for, so that other runs do not pay for it.

//go:embed intl.js
var intlSource string

//go:embed primordials.js
var primordials string

// locales is what the world's Intl needs from outside.
type locales struct {
	service *intl.Service
	code    Code  // of intl.js
	own     Value // primordials.js's object; intl.js's, once it is loaded, is its member "loaded"
	ask     Value
}

// localeMethods are the methods that intl.js has, by the path to their object. The number of arguments is ECMA-262's.
var localeMethods = []struct {
	object []string
	name   string
	own    string // its name in intl.js
}{
	{[]string{"Date", "prototype"}, "toLocaleString", "dateToLocaleString"},
	{[]string{"Date", "prototype"}, "toLocaleDateString", "dateToLocaleDateString"},
	{[]string{"Date", "prototype"}, "toLocaleTimeString", "dateToLocaleTimeString"},
	{[]string{"Number", "prototype"}, "toLocaleString", "numberToLocaleString"},
	{[]string{"BigInt", "prototype"}, "toLocaleString", "bigintToLocaleString"},
	{[]string{"Array", "prototype"}, "toLocaleString", "arrayToLocaleString"},
	{[]string{"Uint8Array", "prototype", "__proto__"}, "toLocaleString", "arrayToLocaleString"},
}

// defineLocales gives the world what intl.js has.
func (e *Engine) defineLocales() error {
	e.locales.service = intl.NewService()
	own, err := e.Eval(primordials)
	if err != nil {
		return err
	}
	e.locales.own = own
	e.locales.ask = Value{e.newFunction("ask", 3, lib.EJS_CFUNC_generic, 0, function(e.askIntl))}
	global := lib.XJS_GetGlobalObject(e.tls, e.ctx)
	for i, m := range localeMethods {
		object := lib.XDupValue(e.tls, e.ctx, global)
		for _, name := range m.object {
			next := e.property(object, name)
			lib.XFreeValue(e.tls, e.ctx, object)
			object = next
		}
		e.define(object, m.name, e.newFunction(m.name, 0, lib.EJS_CFUNC_generic_magic, int32(i), method(e.localeMethod)))
		lib.XFreeValue(e.tls, e.ctx, object)
	}
	name := lib.XJS_NewAtom(e.tls, e.ctx, e.put("Intl"))
	lib.XJS_DefinePropertyGetSet(e.tls, e.ctx, global, name,
		e.newFunction("get Intl", 0, lib.EJS_CFUNC_generic, 0, function(e.getIntl)),
		e.newFunction("set Intl", 1, lib.EJS_CFUNC_generic, 0, function(e.setIntl)), lib.MJS_PROP_CONFIGURABLE)
	lib.XJS_FreeAtom(e.tls, e.ctx, name)
	lib.XFreeValue(e.tls, e.ctx, global)
	return nil
}

// LoadIntl loads intl.js into the world, for what asks for it soon.
func (e *Engine) LoadIntl() (err error) {
	if e.exhausted {
		return outOfMemory()
	}
	defer e.exhaust(&err)
	loaded, err := e.loadIntl()
	if errors.Is(err, errThrown) {
		return e.exception()
	}
	lib.XFreeValue(e.tls, e.ctx, loaded)
	return err
}

// loadIntl returns intl.js's object in this world, which it loads at most once.
func (e *Engine) loadIntl() (lib.TJSValue, error) {
	loaded := e.property(e.locales.own.v, "loaded")
	if tagOf(loaded) == lib.EJS_TAG_OBJECT {
		return loaded, nil
	}
	if e.locales.code == nil {
		code, err := e.compileOwn(intlSource, lib.MJS_STRIP_DEBUG)
		if err != nil {
			return undefined, err
		}
		e.locales.code = code
	}
	load, err := e.load(e.locales.code)
	if err != nil {
		return undefined, err
	}
	loaded = e.call(load, undefined, e.locales.ask.v, e.locales.own.v)
	e.free(load)
	if isException(loaded) {
		return undefined, errThrown
	}
	e.define(e.locales.own.v, "loaded", lib.XDupValue(e.tls, e.ctx, loaded))
	return loaded, nil
}

// errThrown says that the exception is with the engine.
var errThrown = errors.New("engine: thrown")

// rethrow makes what went wrong in Go an exception of the world's.
func (e *Engine) rethrow(err error) lib.TJSValue {
	if !errors.Is(err, errThrown) {
		return lib.XJS_ThrowInternalError(e.tls, e.ctx, e.put("Intl cannot be loaded"), 0)
	}
	return exception
}

func (e *Engine) localeMethod(
	_ *libc.TLS, _ uintptr, this lib.TJSValue, argc int32, argv uintptr, magic int32,
) lib.TJSValue {
	loaded, err := e.loadIntl()
	if err != nil {
		return e.rethrow(err)
	}
	f := e.property(loaded, localeMethods[magic].own)
	answer := lib.XJS_Call(e.tls, e.ctx, f, this, argc, argv)
	lib.XFreeValue(e.tls, e.ctx, f)
	lib.XFreeValue(e.tls, e.ctx, loaded)
	return answer
}

// getIntl is the global object's Intl before anybody asked for it. It makes it the plain property that it is
// elsewhere.
func (e *Engine) getIntl(*libc.TLS, uintptr, lib.TJSValue, int32, uintptr) lib.TJSValue {
	loaded, err := e.loadIntl()
	if err != nil {
		return e.rethrow(err)
	}
	value := e.property(loaded, "intl")
	lib.XFreeValue(e.tls, e.ctx, loaded)
	e.setGlobal("Intl", lib.XDupValue(e.tls, e.ctx, value))
	return value
}

func (e *Engine) setIntl(_ *libc.TLS, _ uintptr, _ lib.TJSValue, _ int32, argv uintptr) lib.TJSValue {
	e.setGlobal("Intl", lib.XDupValue(e.tls, e.ctx, argument(argv, 0)))
	return undefined
}

// setGlobal takes the value over.
func (e *Engine) setGlobal(name string, value lib.TJSValue) {
	global := lib.XJS_GetGlobalObject(e.tls, e.ctx)
	e.define(global, name, value)
	lib.XFreeValue(e.tls, e.ctx, global)
}

// askIntl is the function ask of intl.js: the answer has "=" before it, a RangeError "R" and a TypeError "T".
func (e *Engine) askIntl(_ *libc.TLS, _ uintptr, _ lib.TJSValue, _ int32, argv uintptr) lib.TJSValue {
	var question [3]string
	for i := range question {
		text, ok := e.goText(argument(argv, i))
		if !ok {
			return exception
		}
		question[i] = string(text)
	}
	answer, err := e.locales.service.Ask(question[0], question[1], question[2], e.dates.zone.Location().String())
	var wrong *intl.Error
	switch {
	case errors.As(err, &wrong) && wrong.Type:
		answer = "T" + wrong.Message
	case errors.As(err, &wrong):
		answer = "R" + wrong.Message
	case err != nil:
		answer = "TIntl does not work: " + err.Error()
	default:
		answer = "=" + answer
	}
	return e.text(answer)
}
