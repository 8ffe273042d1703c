package lint

import "slices"

// builtIns are the names that every function has: those of the language and of the engine. Sorted.
var builtIns = []string{
	"AggregateError", "Array", "ArrayBuffer", "BigInt", "BigInt64Array", "BigUint64Array", "Boolean", "DataView", "Date",
	"Error", "EvalError", "FinalizationRegistry", "Float16Array", "Float32Array", "Float64Array", "Function", "Infinity",
	"Int16Array", "Int32Array", "Int8Array", "InternalError", "Intl", "Iterator", "JSON", "Map", "Math", "NaN", "Number",
	"Object", "Promise", "Proxy", "RangeError", "ReferenceError", "Reflect", "RegExp", "Set", "String", "Symbol",
	"SyntaxError", "TypeError", "URIError", "Uint16Array", "Uint32Array", "Uint8Array", "Uint8ClampedArray", "WeakMap",
	"WeakRef", "WeakSet", "arguments", "call", "console", "decodeURI", "decodeURIComponent", "encodeURI",
	"encodeURIComponent", "escape", "eval", "globalThis", "isFinite", "isNaN", "log", "parseFloat", "parseInt",
	"undefined", "unescape",
}

// BuiltIns lists the names that every function has.
func BuiltIns() []string { return slices.Clone(builtIns) }

func isBuiltIn(name string) bool {
	_, found := slices.BinarySearch(builtIns, name)
	return found
}
