package lint

import (
	"maps"
	"slices"
)

// Sentences about names of other platforms.
const (
	noNetwork = "functions have no network of their own: declare bindings.http and ask with http.get or http.post, or " +
		"put a `pivot` or `webhook` node into the callflow"
	noTimers = "functions have no timers: a function returns its flow at once; to let the caller wait, return a " +
		"`sleep` node"
	noModules = "functions have no modules: put all the code into the body and end it with return {module: …, data: " +
		"{…}};"
	noProcess = "functions have no process, files or environment: declare settings in bindings.env, or read them from " +
		"the call's `Custom-Application-Vars[…]`"
	noBrowser  = "functions run on a server, not in a browser: there is no page"
	noStorage  = "functions keep nothing from one call to the next, except with kv, which they declare in bindings.kv"
	noEncoding = "functions have the language only: texts are UTF-16 strings, and encodeURIComponent and " +
		"decodeURIComponent are there"
	noURL = "functions have the language only: take texts apart with split, indexOf or a regular expression; " +
		"encodeURIComponent is there"
	noCrypto = "functions have no cryptography but secrets.hmac, which they declare in bindings.secrets; " +
		"Math.random() is there for what need not be secret"
	noLibraries = "functions have no libraries: write it in plain JavaScript"
	dateIsLocal = "functions have no date libraries: `new Date()` is in the account's time zone"
	noTwiML     = "a function returns a callflow node, no TwiML: return {module: 'tts', data: {text: '…'}};"
	noHandler   = "the call's data are in `call`, as in call['Caller-ID-Number']"
	noCallback  = "nobody waits for a callback: end the function with return {module: …, data: {…}};"
	noPrint     = "to write to the log of the run use console.log(…); to speak to the caller return {module: 'tts', " +
		"data: {text: '…'}};"
	noShow     = "that is for CouchDB's design functions: here the parameters are in `call`, and the flow is returned"
	noCopy     = "functions have the language only: JSON.parse(JSON.stringify(value)) copies data"
	noPromises = "functions are synchronous: a function returns its flow at once"
	noClock    = "use Date.now()"
	noThreads  = "functions have no threads and no shared memory"
	ourConsole = "console has log, info, warn, error and debug"
	notPython  = "that is Python: functions are written in JavaScript"
	notPHP     = "that is PHP: functions are written in JavaScript"
	notLua     = "that is Lua: functions are written in JavaScript"
	noSession  = "there is no session object: a function only returns the next callflow node, and the switch does it"
)

// declared is the sentence about a name that a function only has when its document declares it.
func declared(binding string) string {
	return "the function has to declare it, in the document's bindings." + binding
}

// names has names that people use but that do not exist here, and what to do instead. No engine of functions has any of
// them.
var names = map[string]string{
	"fetch": noNetwork, "XMLHttpRequest": noNetwork, "WebSocket": noNetwork, "EventSource": noNetwork,
	"axios": noNetwork, "got": noNetwork,
	"superagent": noNetwork, "ajax": noNetwork, "Request": noNetwork, "Response": noNetwork, "Headers": noNetwork,
	"FormData": noNetwork,
	"https":    noNetwork, "curl": noNetwork, "file_get_contents": noNetwork, "requests": noNetwork,
	"urllib":      noNetwork,
	"UrlFetchApp": noNetwork, "AbortController": noNetwork, "navigator": noBrowser,

	"http": declared("http"), "kv": declared("kv"), "secrets": declared("secrets"), "env": declared("env"),
	"run": "only a function that declares bindings has it", "phone": declared("std"), "holidays": declared("std"),
	"hours": declared("std"),

	"setTimeout": noTimers, "setInterval": noTimers, "setImmediate": noTimers, "clearTimeout": noTimers,
	"clearInterval":         noTimers,
	"requestAnimationFrame": noTimers, "sleep": noTimers, "usleep": noTimers, "delay": noTimers, "wait": noTimers,
	"queueMicrotask": noPromises, "nextTick": noPromises,

	"require": noModules, "module": noModules, "exports": noModules, "define": noModules, "importScripts": noModules,
	"__dirname":  noModules,
	"__filename": noModules,

	"process": noProcess, "Deno": noProcess, "Bun": noProcess, "fs": noProcess, "os": noProcess,
	"global": "use globalThis, though nothing is kept there from one call to the next",
	"AWS":    noProcess,

	"window": noBrowser, "document": noBrowser, "location": noBrowser, "history": noBrowser, "screen": noBrowser,
	"addEventListener": noBrowser,
	"Event":            noBrowser, "Image": noBrowser, "Audio": noBrowser,
	"self":    "use globalThis, though nothing is kept there from one call to the next",
	"prompt":  "nobody can be asked while the function runs: return a `collect_dtmf` or `menu` node",
	"confirm": "nobody can be asked while the function runs: return a `collect_dtmf` or `menu` node",
	"alert":   noPrint,

	"localStorage": noStorage, "sessionStorage": noStorage, "indexedDB": noStorage, "caches": noStorage,
	"KV": declared("kv"),

	"Buffer": noEncoding, "TextEncoder": noEncoding, "TextDecoder": noEncoding, "btoa": noEncoding,
	"atob": noEncoding, "Blob": noEncoding,
	"File": noEncoding, "ReadableStream": noEncoding, "URL": noURL, "URLSearchParams": noURL, "querystring": noURL,
	"crypto": noCrypto, "structuredClone": noCopy, "performance": noClock,
	"WebAssembly": "functions have no WebAssembly: write it in plain JavaScript",
	"Worker":      noThreads, "SharedArrayBuffer": noThreads, "Atomics": noThreads,

	"$": noLibraries, "jQuery": noLibraries, "_": noLibraries, "lodash": noLibraries, "uuid": noLibraries,
	"moment": dateIsLocal, "dayjs": dateIsLocal, "luxon": dateIsLocal, "DateTime": dateIsLocal,
	"dateFns": dateIsLocal, "Temporal": dateIsLocal,

	"twilio": noTwiML, "Twilio": noTwiML, "twiml": noTwiML, "VoiceResponse": noTwiML, "Runtime": noTwiML,
	"plivo": noTwiML, "vonage": noTwiML,
	"context": noHandler, "event": noHandler, "ctx": noHandler, "request": noHandler, "params": noHandler,
	"args": noHandler, "body": noHandler,
	"Call": noHandler, "CALL": noHandler, "kapps_call": noHandler,
	"callback": noCallback, "cb": noCallback, "done": noCallback, "next": noCallback, "resolve": noCallback,
	"reject": noCallback, "response": noCallback,
	"res": noCallback,

	"print": noPrint, "println": noPrint, "printf": noPrint, "echo": noPrint, "say": noPrint, "puts": noPrint,
	"var_dump": noPrint, "print_r": noPrint,
	"Logger": noPrint, "logger": noPrint, "error_log": noPrint,

	"doc": noShow, "req": noShow, "emit": noShow, "provides": noShow, "registerType": noShow, "send": noShow,
	"start": noShow, "getRow": noShow,

	"session": noSession, "freeswitch": noSession, "argv": noSession, "channel": noSession, "agi": noSession,

	"None": notPython + ", where it is `null`", "True": notPython + ", where it is `true`",
	"False": notPython + ", where it is `false`",
	"len":   notPython + ", where it is `x.length`", "str": notPython + ", where it is `String(x)`",
	"int":  notPython + ", where it is `parseInt(x, 10)`",
	"elif": notPython + ", where it is `else if`", "dict": notPython + ", where it is `{}`",
	"datetime": notPython + ", where it is `new Date()`",
	"TRUE":     "write `true`", "FALSE": "write `false`", "NULL": "write `null`", "nil": notLua + ", where it is `null`",
	"strlen": notPHP + ", where it is `x.length`", "isset": notPHP + ", where it is `x !== undefined`",
	"empty":  notPHP + ", where it is `!x`",
	"strpos": notPHP + ", where it is `x.indexOf(y)`", "substr": notPHP + ", where it is `x.substring(a, b)`",
	"explode": notPHP + ", where it is `x.split(y)`",
	"implode": notPHP + ", where it is `x.join(y)`", "in_array": notPHP + ", where it is `list.indexOf(x) >= 0`",
	"array":       notPHP + ", where it is `[…]`",
	"json_encode": notPHP + ", where it is `JSON.stringify(x)`",
	"json_decode": notPHP + ", where it is `JSON.parse(x)`", "date": notPHP + ", where it is `new Date()`",
	"preg_match": notPHP + ", where it is `/…/.test(x)`", "str_replace": notPHP + ", where it is `x.replace(y, z)`",
	"strtolower": notPHP + ", where it is `x.toLowerCase()`",
	"pairs":      notLua, "ipairs": notLua, "tonumber": notLua + ", where it is `Number(x)`",
	"tostring": notLua + ", where it is `String(x)`", "local": notLua + ", where it is `var`",
}

// Names lists the names that people use but that do not exist here.
func Names() []string { return slices.Sorted(maps.Keys(names)) }

// methods are the most called methods, with which misspelt ones are compared.
var methods = []string{
	"split", "slice", "substring", "substr", "indexOf", "lastIndexOf", "includes", "startsWith", "endsWith", "replace",
	"replaceAll", "match",
	"matchAll", "search", "trim", "trimStart", "trimEnd", "toLowerCase", "toUpperCase", "padStart", "padEnd", "charAt",
	"charCodeAt", "repeat",
	"concat", "localeCompare", "normalize", "join", "push", "pop", "shift", "unshift", "reverse", "sort", "splice", "map",
	"filter", "reduce",
	"forEach", "find", "findIndex", "some", "every", "fill", "flat", "flatMap", "keys", "values", "entries", "isArray",
	"from", "toString",
	"toFixed", "toISOString", "getDay", "getDate", "getMonth", "getFullYear", "getHours", "getMinutes", "getSeconds",
	"getTime",
	"getTimezoneOffset", "setDate", "setHours", "setMinutes", "setMonth", "setFullYear", "now", "parse", "stringify",
	"test", "exec",
	"hasOwnProperty", "assign", "floor", "ceil", "round", "random", "abs", "min", "max", "pow", "apply", "call", "bind",
	"log", "info", "warn",
	"error", "debug", "has", "get", "set", "add", "delete", "size",
}

// words are the most misspelt keywords.
var words = []string{
	"return", "function", "const", "switch", "while", "break", "default", "continue", "typeof", "throw", "catch",
	"finally", "case", "else", "class",
}
