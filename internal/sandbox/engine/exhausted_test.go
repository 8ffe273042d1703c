package engine

import (
	"errors"
	"testing"
	"time"

	lib "modernc.org/libquickjs"

	"modernc.org/libc"
)

// failAfter is how many more allocations the functions below grant; below zero they fail none. It is a variable of the
// package since the engine knows them by their address.
var failAfter = -1

// failing reports whether this allocation is the one that fails.
func failing() bool {
	if failAfter < 0 {
		return false
	}
	failAfter--
	return failAfter < 0
}

// The functions below are the heap's, but for that.

func failingAlloc(tls *libc.TLS, state uintptr, size lib.Tsize_t) uintptr {
	if failing() {
		return refuse()
	}
	return engineAlloc(tls, state, size)
}

func failingRealloc(tls *libc.TLS, state, p uintptr, size lib.Tsize_t) uintptr {
	if size > 0 && failing() {
		return refuse()
	}
	return engineRealloc(tls, state, p, size)
}

// exhausting are scripts that allocate in every part of the engine: its parser, regular expressions, strings, numbers,
// collections, generators, proxies, JSON, errors.
var exhausting = []string{
	"for(;;){try{try{return 1}finally{break}}finally{break}}; return 0",
	"return new Function('a', 'b', 'let [x, {y = 1, ...z}] = a; class A extends b { #p = 1; static s = () => this.#p; " +
		"get [x]() { return y } } return A')",
	"return eval('var {a, b: [c]} = {a: 1, b: [2]}; (function () { \"use strict\"; return `${a}${c}` })()')",
	"return /^(?<y>\\d{4})-(?<m>\\d\\d)(?=.*x)|(a+)+\\3[^\\p{L}]/u.exec('2026-11 x') + 'aXbX'.replace(/x/gi, m => m + m)",
	"return 'ab'.repeat(300).split('').map((c, i) => c + i).sort().reverse().join('-').normalize('NFD').toUpperCase()",
	"return JSON.stringify(JSON.parse('{\"a\":[1,2,{\"b\":\"\\\\u00e9\"}],\"c\":null}'), null, 2)",
	"return [new Map([[1, 2], [{}, 3]]), new Set('abc'), new WeakMap([[{}, 1]]), Object.groupBy([1, 2, 3], x => x % " +
		"2)].length",
	"function* g() { try { yield* [1, 2, 3] } finally { yield 4 } } return [...g()].concat(Array.from({length: 50}, (_, " +
		"i) => i ** 2))",
	"return new Proxy({}, {get: (o, k) => String(k) + 1, ownKeys: () => ['a', 'b']}).some + Reflect.ownKeys({x: 1, " +
		"[Symbol('s')]: 2}).length",
	"try { null.x } catch (e) { return e.stack + e.message + new AggregateError([e], 'all').errors.length }",
	"return (123456789n ** 40n).toString(36) + (0.1).toFixed(20) + parseFloat('1e300') + [1.5, 2].toString()",
	"var o = {}; for (var i = 0; i < 200; i++) { o['k' + i] = {i}; if (i % 3) delete o['k' + i] } return " +
		"Object.entries(o).length",
	"return new Date(2026, 2, 8).toString() + new Date('2026-03-08T09:00').toLocaleString() + Date.UTC(2026, 1) + +new " +
		"Date({[Symbol.toPrimitive]() { return '2026-03-08T09' + ':00' }}).setHours(9)",
	"return [new Uint8Array(300).fill(7), new Float64Array([1, 2]), new DataView(new ArrayBuffer(8)).getInt8(0)].join()",
	"var f = async x => { for await (var y of [x]) await y }; f(1); return Promise.all([f(2), " +
		"Promise.reject(1)]).then(x => x) + ''",
	"label: for (var k in {a: 1, b: 2}) { switch (k) { case 'a': continue label; default: break label } } return " +
		"arguments.length + k",
	"var s = ''; for (var i = 0; i < 300; i++) s = s + i + s.slice(-5); return encodeURIComponent(s.padEnd(3000, " +
		"'é')).length",
	"say('x'.repeat(100) + '€'); throw {toString() { return 'y'.repeat(10) }, name: 'n', message: 'm' + 1, lineNumber: 2}",
}

// probe is what a healthy world answers.
const (
	probe = "(function () { var o = JSON.parse('[1,{\"a\":\"b\"}]'); return JSON.stringify([o, /b+/.exec('abb')[0], new " +
		"Map([[1, 2]]).get(1), `${1 + 1}`]); })"
	right = `[[1,{"a":"b"}],"bb",2,"2"]`
)

// Whichever allocation fails, what runs ends as out of memory, nothing of the engine's own runs on with it, and the
// world that is put back afterwards is right.
func TestExhausted(t *testing.T) {
	allocator := heapFunctions()
	allocator.Fjs_malloc, allocator.Fjs_realloc = address(failingAlloc), address(failingRealloc)
	e, err := newWith(2000, allocator)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	defer func() { failAfter = -1 }()
	e.Listen(1 << 10)
	image := e.Save()
	for _, body := range exhausting {
		for _, c := range []struct {
			name string
			do   func() error
		}{
			{"run", func() error {
				f, err := e.Eval("(function () {\n" + body + "\n})")
				if err == nil {
					_, _, err = e.Call(f, "an argument", int32(1))
				}
				return err
			}},
			{"compile and load", func() error {
				code, _, err := e.Code("(function () {\n"+body+"\n})", "")
				if err == nil {
					_, err = e.Load(code)
				}
				return err
			}},
			{"compile", func() error {
				_, err := e.Compile("function f() {\n"+body+"\n}", "")
				return err
			}},
		} {
			failed := 0
			for n := 0; ; n++ {
				e.Restore(image)
				e.Limit(64 << 20)
				failAfter = n
				err := c.do()
				met := failAfter < 0
				failAfter = -1
				if !met {
					break
				}
				failed++
				var thrown *Error
				if !errors.As(err, &thrown) || thrown.Message != "out of memory" || !e.Starved() {
					t.Fatalf("%s of %q, allocation %d failed: got %v, starved %v; want out of memory", c.name, body, n, err,
						e.Starved())
				}
				if _, err := e.Eval("1"); err == nil {
					t.Fatalf("%s of %q, allocation %d failed: the world that it left runs on, want out of memory", c.name, body, n)
				}
				e.Restore(image)
				f, err := e.Eval(probe)
				if err != nil {
					t.Fatalf("%s of %q, allocation %d failed: the next world fails with %v, want it right", c.name, body, n, err)
				}
				if got, _, err := e.Call(f); string(got) != right || err != nil || e.Starved() {
					t.Fatalf("%s of %q, allocation %d failed: the next world answers %q, %v, starved %v; want %q", c.name, body, n,
						got, err, e.Starved(), right)
				}
			}
			if failed < 3 {
				t.Errorf("%s of %q: %d allocations, want at least 3 to fail", c.name, body, failed)
			}
		}
	}
}

// No code may go on once its memory is used up, not even to catch it.
func TestNothingCatchesExhaustion(t *testing.T) {
	e := newEngine(t)
	image := e.Save()
	for _, source := range []string{
		"try { 'x'.repeat(1 << 28) } catch (e) { 'caught' }",
		"try { 'x'.repeat(1 << 28) } finally { while (true) {} }",
		"Promise.resolve().then(() => 'x'.repeat(1 << 28)).catch(() => 1); var a = []; for (;;) a.push('y'.repeat(1 << 20) " +
			"+ a.length)",
	} {
		e.Restore(image)
		e.Limit(16 << 20)
		e.Deadline(20 * time.Second)
		var thrown *Error
		if _, err := e.Eval(source); !errors.As(err, &thrown) || thrown.Message != "out of memory" {
			t.Errorf("%s: got %v, want out of memory", source, err)
		}
	}
}

// An engine that cannot be made says so.
func TestNoMemoryForAWorld(t *testing.T) {
	allocator := heapFunctions()
	allocator.Fjs_malloc, allocator.Fjs_realloc = address(failingAlloc), address(failingRealloc)
	defer func() { failAfter = -1 }()
	for n := 0; ; n++ {
		failAfter = n
		e, err := newWith(2000, allocator)
		met := failAfter < 0
		failAfter = -1
		if err == nil {
			e.Close()
		}
		if !met {
			if n < 30 || err != nil {
				t.Errorf("a world was made with %d allocations, error %v; want at least 30 and none", n, err)
			}
			return
		}
		if err == nil {
			t.Fatalf("allocation %d of a new world failed, and it was made; want an error", n)
		}
	}
}

// Nothing that was passed in or said is left, within the heap or beside it, once the world is put back.
func TestNothingIsLeftBeside(t *testing.T) {
	e := newEngine(t)
	f, err := e.Eval("(function (say, s) { say('said ' + s); return s; })")
	if err != nil {
		t.Fatal(err)
	}
	sayer, err := e.Eval("say")
	if err != nil {
		t.Fatal(err)
	}
	image := e.Save()
	e.Listen(1 << 10)
	const secret = "4155550123"
	if got, _, err := e.Call(f, sayer, []byte(secret)); string(got) != secret || err != nil {
		t.Fatalf("got %q, error %v; want %q", got, err, secret)
	}
	said, _ := e.Said()
	if want := "said " + secret + ","; string(said) != want {
		t.Fatalf("said %q, want %q", said, want)
	}
	e.Restore(image)
	for name, beside := range map[string][]byte{
		"what was passed in": bytesAt(e.scratch, uintptr(e.room)), "what was said": bytesAt(e.said.text,
			uintptr(e.said.room)),
	} {
		for i, b := range beside {
			if b != 0 {
				t.Errorf("%s is left, from byte %d: %q; want zeros", name, i, beside[i:min(i+20, len(beside))])
				break
			}
		}
	}
}
