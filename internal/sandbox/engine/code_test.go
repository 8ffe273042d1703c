package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	lib "modernc.org/libquickjs"
)

// Code that was parsed in another world does what it does where it is parsed, and fails at the same places.
func TestCodeIsWhatWasParsed(t *testing.T) {
	e := newEngine(t)
	fresh := e.Save()
	for _, body := range []string{
		"return 1 + 2",
		"return [0.1, -0, 1e308, 0x7fffffff, 4294967296, 9007199254740993n, 2n ** 70n].join()",
		"return 'ü \\u{1F600} \\ud800' + `a${1 + 1}b`.length",
		"function tag(s, ...v) { return s.raw.join('|') + v + s.length } return tag`x\\n${1}y${2}`",
		"return 'aXbX'.replace(/x/gi, (m) => m + m) + /(?<n>b+)/u.exec('abbc').groups.n",
		"class A { #p = 1; static s = 'S'; get p() { return this.#p } static { A.t = 'T' } has(o) { return #p in o } }\n" +
			"class B extends A { m() { return super.p + B.s + A.t + this.has(this) } } return new B().m()",
		"function* g() { const x = yield 1; yield x * 2 } var i = g(); i.next(); return i.next(21).value",
		"var {a, b: [c = 5, ...d], ...r} = {a: 1, b: [undefined, 2, 3], z: 9}; return [a, c, d, JSON.stringify(r)].join()",
		"label: for (const x of [1, 2, 3]) { for (;;) { if (x === 2) break label; continue label } } return typeof x",
		"try { throw new TypeError('t') } catch ({message}) { return message } finally { var f = 1 }",
		"var s = ''; for (var k in {__proto__: {p: 1}, q: 2}) s += k; with ({s2: 3}) { s += s2 } return s + typeof " +
			"arguments + this",
		"switch (typeof null) { case 'x': return 1; default: return new Map([[1, {a: 1}]]).get(1)?.a ?? 'n' }",
		"return eval('1 + call.length') + new Function('a', 'return a * 2')(4)",
		"'use strict'; return (function () { return this })() === undefined",
		"return (function named(a, b = 2) { /* kept */ return a }).toString() + (x => x).name + (function () {}).length",
		"const o = { async *a() {}, get ['x' + 1]() { return 7 }, 'y-z': Symbol('d').description }; return o.x1 + o['y-z'] " +
			"+ o.a.name",
		"var r = ''; new Promise(() => { r += 'now' }); return r",
		"throw new RangeError('far')",
		"var a;\n\n  a.b.c()",
		"function deep(n) {\n  if (!n) { null.x }\n  deep(n - 1)\n}\ndeep(5)",
		"return JSON.parse('{')",
		"throw {not: 'an error'}",
		"(function f() { f() })()",
	} {
		source := "(function anonymous(call\n) {\n" + body + "\n})"
		told := func(make func() (Value, error)) string {
			e.Restore(fresh)
			f, err := make()
			if err != nil {
				t.Fatalf("%s: got error %v, want none", body, err)
			}
			text, ok, err := e.Call(f, "abc")
			var fault *Error
			if errors.As(err, &fault) {
				return fmt.Sprintf("%s: %s at %d:%d", fault.Name, fault.Message, fault.Line, fault.Column)
			}
			return fmt.Sprint(string(text), ok, err)
		}
		parsed := told(func() (Value, error) { return e.Eval(source) })
		e.Restore(fresh)
		code, _, err := e.Code(source, "")
		if err != nil {
			t.Fatalf("%s: got error %v, want its code", body, err)
		}
		if loaded := told(func() (Value, error) { return e.Load(code) }); loaded != parsed {
			t.Errorf("%s\nloaded: got %s\nparsed, want: %s", body, loaded, parsed)
		}
		other := newEngine(t) // its atoms have other numbers
		if _, err := other.Eval("var q1 = {r1: 1, anonymous: 2, call: 3}"); err != nil {
			t.Fatal(err)
		}
		f, err := other.Load(code)
		if err != nil {
			t.Fatalf("%s: got error %v, want it loaded", body, err)
		}
		if text, ok, err := other.Call(f, "abc"); err == nil && fmt.Sprint(string(text), ok, err) != parsed {
			t.Errorf("%s\nelsewhere: got %s\nparsed, want: %s", body, text, parsed)
		}
	}
	if _, _, err := e.Code("(function () { ", ""); err == nil {
		t.Error("what does not parse became code, want an error")
	}
	if _, err := e.Load(nil); err == nil {
		t.Error("no code was loaded, want an error")
	}
}

// Parsing under a tight heap fails, or gives whole code.
func TestCodeUnderATightHeap(t *testing.T) {
	e := newEngine(t)
	fresh := e.Save()
	source := "(function () { return '' + ["
	for n := range 4000 {
		source += fmt.Sprintf("'entry %d',", n)
	}
	source += "].length })"
	whole, failed := 0, 0
	for limit := int64(256 << 10); limit < 3<<20; limit += 50_000 {
		e.Restore(fresh)
		e.Limit(limit)
		code, _, err := e.Code(source, "")
		if err != nil {
			failed++
			continue
		}
		whole++
		e.Restore(fresh)
		e.Limit(64 << 20)
		f, err := e.Load(code)
		if err != nil {
			t.Fatalf("limit %d: got error %v, want it loaded", limit, err)
		}
		if text, _, err := e.Call(f); err != nil || string(text) != "4000" {
			t.Fatalf("with a limit of %d: got %q, error %v; want 4000", limit, text, err)
		}
	}
	if whole == 0 || failed == 0 {
		t.Errorf("%d times whole, %d failed, want both: the limits test nothing", whole, failed)
	}
}

// Code of the host's leaves neither its text nor the parser's work in a world, keeps its positions, and stays within
// the memory that the world may have.
func TestEvalOwn(t *testing.T) {
	e := newEngine(t)
	before := e.Save()
	const limit = 8 << 20
	e.Limit(limit)
	source := "(function () {\n" + strings.Repeat("  // what it is for\n", 5000) + "  return new Error().stack;\n})"
	f, err := e.EvalOwn(source, before)
	if err != nil {
		t.Fatal(err)
	}
	if got := lib.Tsize_t(at[lib.TJSRuntime](e.rt).Fmalloc_ctx.Fmalloc_state.Fmalloc_limit); got != limit {
		t.Errorf("the world may have %d bytes, want %d as before", got, limit)
	}
	image := e.Save()
	if more := image.Size() - before.Size(); more > 4<<10 {
		t.Errorf("a function of one statement takes %d bytes, want at most %d", more, 4<<10)
	}
	if bytes.Contains(image.heap, []byte("what it is for")) {
		t.Error("the image holds the source text, want none of it")
	}
	if stack, _, err := e.Call(f); err != nil || !bytes.Contains(stack, []byte("<eval>:5002")) {
		t.Errorf("got stack %q, error %v; want line 5002", stack, err)
	}
	e.Restore(before)
	if _, err := e.EvalOwn("(", before); err == nil {
		t.Error("got no error from half an expression, want a SyntaxError")
	}
}
