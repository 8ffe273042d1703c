package engine

import (
	_ "embed" // toprimitive.js
	"math"
	"time"
	"unsafe"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"

	"callfn/internal/sandbox/datetime"
)

// QuickJS asks the C library for the offset of local time once, and reads the local time as UTC for that. Around a
// change of the offset that is an hour wrong, and the C library knows a zone's present rules only. So the world gets
// a Date whose local time is package datetime's: the constructor, parse, now, and the methods of Date.prototype that
// read or write local time are functions of Go's. The objects are still the engine's own, and everything else of Date
// is untouched.

// dates is what the world's Date needs from outside.
type dates struct {
	zone  datetime.Zone
	shift int64 // what is added to the clock, in ms

	construct   Value // the engine's own Date
	getTime     Value
	setTime     Value
	toPrimitive Value
}

// SetZone makes loc the zone of local time; nil is UTC. It holds for all worlds until it is set again.
func (e *Engine) SetZone(loc *time.Location) { e.dates.zone = datetime.In(loc) }

// SetClock makes Date begin at now, in ms since 1970, and go on from there; 0 is the real time. It holds as SetZone
// does.
func (e *Engine) SetClock(now int64) {
	e.dates.shift = 0
	if now != 0 {
		e.dates.shift = now - time.Now().UnixMilli()
	}
}

// now is the time value of this moment.
func (e *Engine) now() int64 { return time.Now().UnixMilli() + e.dates.shift }

// toPrimitive is ECMA-262's ToPrimitive, which the engine's interface does not have.
//
//go:embed toprimitive.js
var toPrimitive string

// Signatures of functions that the engine calls. The last argument of method is the magic number it was defined with.
type (
	function = func(tls *libc.TLS, ctx uintptr, this lib.TJSValue, argc int32, argv uintptr) lib.TJSValue
	method   = func(tls *libc.TLS, ctx uintptr, this lib.TJSValue, argc int32, argv uintptr, magic int32) lib.TJSValue
)

// dateMethods are the methods of Date.prototype that depend on the zone, with their number of arguments. The number
// is the field for getters, the first and the last field for setters.
var dateMethods = []struct {
	name          string
	length, magic int32
}{
	{"getFullYear", 0, datetime.Year},
	{"getMonth", 0, datetime.Month},
	{"getDate", 0, datetime.Day},
	{"getHours", 0, datetime.Hour},
	{"getMinutes", 0, datetime.Minute},
	{"getSeconds", 0, datetime.Second},
	{"getMilliseconds", 0, datetime.Millisecond},
	{"getDay", 0, weekday},
	{"getYear", 0, yearOf1900},
	{"getTimezoneOffset", 0, timezoneOffset},
	{"setFullYear", 3, setter(datetime.Year, datetime.Day)},
	{"setMonth", 2, setter(datetime.Month, datetime.Day)},
	{"setDate", 1, setter(datetime.Day, datetime.Day)},
	{"setHours", 4, setter(datetime.Hour, datetime.Millisecond)},
	{"setMinutes", 3, setter(datetime.Minute, datetime.Millisecond)},
	{"setSeconds", 2, setter(datetime.Second, datetime.Millisecond)},
	{"setMilliseconds", 1, setter(datetime.Millisecond, datetime.Millisecond)},
	{"setYear", 1, setYear},
	{"toString", 0, text},
	{"toDateString", 0, dateText},
	{"toTimeString", 0, timeText},
}

// Magic numbers beyond the fields of package datetime.
const (
	weekday = 0x10 + iota
	yearOf1900
	timezoneOffset
	text
	dateText
	timeText

	isSetter = 0x100
	setYear  = isSetter | 0x1000
)

func setter(first, last int32) int32 { return isSetter | first<<4 | last }

// defineDate replaces the world's Date.
func (e *Engine) defineDate() error {
	global := lib.XJS_GetGlobalObject(e.tls, e.ctx)
	var err error
	if e.dates.toPrimitive, err = e.Eval(toPrimitive); err != nil {
		return err
	}
	original := e.property(global, "Date")
	proto := e.property(original, "prototype")
	e.dates.construct = Value{original} // kept, as the next two are
	e.dates.getTime = Value{e.property(proto, "getTime")}
	e.dates.setTime = Value{e.property(proto, "setTime")}

	date := e.newFunction("Date", 7, lib.EJS_CFUNC_constructor_or_func, 0, function(e.newDate))
	lib.XJS_SetConstructor(e.tls, e.ctx, date, proto)
	e.define(date, "now", e.newFunction("now", 0, lib.EJS_CFUNC_generic, 0, function(e.dateNow)))
	e.define(date, "parse", e.newFunction("parse", 1, lib.EJS_CFUNC_generic, 0, function(e.dateParse)))
	e.define(date, "UTC", e.property(original, "UTC"))
	for _, m := range dateMethods {
		e.define(proto, m.name, e.newFunction(m.name, m.length, lib.EJS_CFUNC_generic_magic, m.magic, method(e.dateMethod)))
	}
	e.define(global, "Date", date)
	lib.XFreeValue(e.tls, e.ctx, proto)
	lib.XFreeValue(e.tls, e.ctx, global)
	return nil
}

// newFunction makes a function object of f, which must have the signature that kind says. The engine keeps f.
func (e *Engine) newFunction(name string, length int32, kind lib.TJSCFunctionEnum, magic int32, f any) lib.TJSValue {
	e.functions = append(e.functions, f)
	return lib.XJS_NewCFunction2(e.tls, e.ctx, address(f), e.put(name), length, kind, magic)
}

func (e *Engine) property(object lib.TJSValue, name string) lib.TJSValue {
	return lib.XJS_GetPropertyStr(e.tls, e.ctx, object, e.put(name))
}

// define sets a property as the language's own are: writable, configurable, not enumerable. It takes the value over.
func (e *Engine) define(object lib.TJSValue, name string, value lib.TJSValue) {
	const flags = lib.MJS_PROP_WRITABLE | lib.MJS_PROP_CONFIGURABLE
	lib.XJS_DefinePropertyValueStr(e.tls, e.ctx, object, e.put(name), value, flags)
}

// newDate is Date, called or constructed.
func (e *Engine) newDate(_ *libc.TLS, _ uintptr, target lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	if tagOf(target) == lib.EJS_TAG_UNDEFINED {
		return e.text(e.dates.zone.Text(e.now()))
	}
	switch argc {
	case 0:
		return e.construct(target, number(float64(e.now())))
	case 1:
		return e.dateOf(target, *at[lib.TJSValue](argv))
	}
	fields := datetime.Fields{datetime.Day: 1}
	for i := range min(int(argc), len(fields)) {
		v, ok := e.number(argument(argv, i))
		if !ok {
			return exception
		}
		fields[i] = v
	}
	fields[datetime.Year] = datetime.FullYear(fields[datetime.Year])
	return e.construct(target, number(e.dates.zone.Time(fields.Join())))
}

// dateOf makes a Date of one value: another Date, a text, or what converts to a number.
func (e *Engine) dateOf(target, v lib.TJSValue) lib.TJSValue {
	if lib.XJS_GetClassID(e.tls, v) == lib.EJS_CLASS_DATE {
		return e.construct(target, v)
	}
	if tagOf(v) == lib.EJS_TAG_OBJECT {
		if v = e.call(e.dates.toPrimitive, undefined, v); isException(v) {
			return exception
		}
		made := e.dateOfPrimitive(target, v)
		lib.XFreeValue(e.tls, e.ctx, v)
		return made
	}
	return e.dateOfPrimitive(target, v)
}

func (e *Engine) dateOfPrimitive(target, v lib.TJSValue) lib.TJSValue {
	if !isString(v) {
		return e.construct(target, v)
	}
	s, ok := e.goText(v)
	if !ok {
		return exception
	}
	return e.construct(target, number(e.dates.zone.Parse(string(s))))
}

func (e *Engine) dateNow(*libc.TLS, uintptr, lib.TJSValue, int32, uintptr) lib.TJSValue {
	return number(float64(e.now()))
}

func (e *Engine) dateParse(_ *libc.TLS, _ uintptr, _ lib.TJSValue, _ int32, argv uintptr) lib.TJSValue {
	s, ok := e.goText(*at[lib.TJSValue](argv))
	if !ok {
		return exception
	}
	return number(e.dates.zone.Parse(string(s)))
}

// dateMethod is each of dateMethods.
func (e *Engine) dateMethod(
	_ *libc.TLS, _ uintptr, this lib.TJSValue, argc int32, argv uintptr, magic int32,
) lib.TJSValue {
	t, ok := e.timeValue(this)
	if !ok {
		return exception
	}
	zone := e.dates.zone
	switch {
	case magic&isSetter != 0:
		return e.setFields(this, t, argc, argv, magic)
	case math.IsNaN(t) && magic >= text:
		return e.text("Invalid Date")
	case math.IsNaN(t):
		return number(t)
	}
	ms := int64(t)
	switch magic {
	case text:
		return e.text(zone.Text(ms))
	case dateText:
		return e.text(zone.DateText(ms))
	case timeText:
		return e.text(zone.TimeText(ms))
	case timezoneOffset:
		return number(float64(-zone.Offset(ms))/60000 + 0) // +0 for -0
	}
	local := ms + zone.Offset(ms)
	switch magic {
	case weekday:
		return e.int(datetime.Weekday(local))
	case yearOf1900:
		return e.int(int(datetime.Split(local)[datetime.Year]) - 1900)
	}
	return e.int(int(datetime.Split(local)[magic]))
}

// setFields is a setter. All arguments are converted, in order, before anything else is decided.
func (e *Engine) setFields(this lib.TJSValue, t float64, argc int32, argv uintptr, magic int32) lib.TJSValue {
	first, last := int(magic>>4&0xf), int(magic&0xf)
	if magic == setYear {
		first, last = datetime.Year, datetime.Year
	}
	var given [7]float64
	n := min(int(argc), last-first+1)
	for i := range n {
		v, ok := e.number(argument(argv, i))
		if !ok {
			return exception
		}
		given[i] = v
	}
	if math.IsNaN(t) && first != datetime.Year {
		return number(t)
	}
	fields := datetime.Fields{1970, 0, 1} // where there is no time value yet
	if !math.IsNaN(t) {
		fields = datetime.Split(int64(t) + e.dates.zone.Offset(int64(t)))
	}
	copy(fields[first:], given[:n])
	if n == 0 {
		fields[first] = math.NaN()
	}
	if magic == setYear {
		fields[datetime.Year] = datetime.FullYear(fields[datetime.Year])
	}
	return e.call(e.dates.setTime, this, number(e.dates.zone.Time(fields.Join())))
}

// timeValue is a Date's time in milliseconds or NaN. false leaves an exception behind: this is no Date.
func (e *Engine) timeValue(this lib.TJSValue) (float64, bool) {
	v := lib.XJS_Call(e.tls, e.ctx, e.dates.getTime.v, this, 0, 0)
	if isException(v) {
		return 0, false
	}
	return e.number(v) // a number owns nothing
}

// number converts a value; false leaves an exception behind.
func (e *Engine) number(v lib.TJSValue) (float64, bool) {
	to := e.tls.Alloc(8)
	defer e.tls.Free(8)
	if lib.XJS_ToFloat64(e.tls, e.ctx, to, v) < 0 {
		return 0, false
	}
	return *at[float64](to), true
}

func (e *Engine) int(n int) lib.TJSValue { return lib.XNewInt32(e.tls, e.ctx, int32(n)) }

// argument is the i-th of a call's arguments.
func argument(argv uintptr, i int) lib.TJSValue {
	return *at[lib.TJSValue](argv + uintptr(i)*unsafe.Sizeof(undefined))
}

// construct makes an object with the engine's own Date.
func (e *Engine) construct(target, v lib.TJSValue) lib.TJSValue {
	return e.with([]lib.TJSValue{v}, func(argv uintptr) lib.TJSValue {
		return lib.XJS_CallConstructor2(e.tls, e.ctx, e.dates.construct.v, target, 1, argv)
	})
}

// call calls a function; the arguments stay the caller's.
func (e *Engine) call(f Value, this lib.TJSValue, args ...lib.TJSValue) lib.TJSValue {
	return e.with(args, func(argv uintptr) lib.TJSValue {
		return lib.XJS_Call(e.tls, e.ctx, f.v, this, int32(len(args)), argv)
	})
}

// with puts arguments where the engine finds them.
func (e *Engine) with(args []lib.TJSValue, call func(argv uintptr) lib.TJSValue) lib.TJSValue {
	size := len(args) * int(unsafe.Sizeof(undefined))
	argv := e.tls.Alloc(size)
	defer e.tls.Free(size)
	copy(unsafe.Slice(at[lib.TJSValue](argv), len(args)), args)
	return call(argv)
}
