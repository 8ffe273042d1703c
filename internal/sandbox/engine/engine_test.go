package engine

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(2000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// eval evaluates an expression to text.
func eval(t testing.TB, e *Engine, expression string) string {
	t.Helper()
	f, err := e.Eval("(function () { return String(" + expression + "\n); })")
	if err != nil {
		t.Fatalf("%s: got error %v, want a value", expression, err)
	}
	text, ok, err := e.Call(f)
	if err != nil || !ok {
		t.Fatalf("%s: got text %v, error %v; want a text", expression, ok, err)
	}
	return string(text)
}

// Whatever code did to its world, the next one is new.
func TestRestoreUndoes(t *testing.T) {
	e := newEngine(t)
	f, err := e.Eval("(function (x) { return 'kept ' + x; })")
	if err != nil {
		t.Fatal(err)
	}
	image := e.Save()
	for _, c := range []struct{ name, does, looks, want string }{
		{"a global", "globalThis.x = 1", "typeof x", "undefined"},
		{"a deleted global", "delete globalThis.JSON", "typeof JSON", "object"},
		{"a prototype", "Object.prototype.y = 1", "({}).y", "undefined"},
		{"a frozen prototype", "Object.freeze(Array.prototype)", "Object.isFrozen(Array.prototype)", "false"},
		{"an intrinsic", "String.prototype.slice = function () { return 'mine'; }", "'abc'.slice(1)", "bc"},
		{"a lexical name", "let z = 1", "typeof z", "undefined"},
		{"a registered symbol", "globalThis.s = Symbol.for('q')", "typeof s", "undefined"},
		{
			"much memory", "globalThis.a = []; for (var i = 0; i < 20; i++) a.push('x'.repeat(1 << 19) + i)", "typeof a",
			"undefined",
		},
		{"small objects", "globalThis.a = []; for (var i = 0; i < 50000; i++) a.push({i})", "typeof a", "undefined"},
		{"legacy regular expression state", "/(q)/.exec('q')", "RegExp.$1", "undefined"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := e.Eval(c.does); err != nil {
				t.Fatal(err)
			}
			if before := eval(t, e, c.looks); before == c.want && c.name != "legacy regular expression state" {
				t.Errorf("%s: got %s before the world is put back, want anything else", c.looks, before)
			}
			e.Restore(image)
			if got := eval(t, e, c.looks); got != c.want {
				t.Errorf("%s: got %s, want %s", c.looks, got, c.want)
			}
			e.Restore(image)
			if text, ok, err := e.Call(f, "x"); string(text) != "kept x" || !ok || err != nil {
				t.Errorf("the function that was kept: got %q %v, error %v; want %q", text, ok, err, "kept x")
			}
		})
	}
}

// A world is new also after it failed in every way.
func TestRestoreAfterTrouble(t *testing.T) {
	e := newEngine(t)
	image := e.Save()
	for _, source := range []string{
		"throw 1", "var a = {", "(function f() { f(); })()", "while (true) {}", "new Function('x'.repeat(1 << 25))",
		"var s = 'x'; while (true) s += s", "var a = []; while (true) a.push(new Array(1000).fill(a.length))",
		"/(a+)+$/.test('a'.repeat(40) + 'b')", "Promise.resolve().then(() => { throw 1 }); throw 2",
		"JSON.parse('['.repeat(1 << 22))", "new Proxy({}, {get() { throw 1 }}).x",
	} {
		e.Restore(image)
		e.Limit(16 << 20)
		e.Deadline(50 * time.Millisecond)
		if _, err := e.Eval(source); err == nil {
			t.Errorf("%s went well, want an error", source)
		}
		e.Restore(image)
		e.Deadline(0)
		if got := eval(t, e, "JSON.stringify([1, 'a', {b: /c/.test('c')}])"); got != `[1,"a",{"b":true}]` {
			t.Errorf("after %s: got %s, want a world as before", source, got)
		}
		if e.Starved() {
			t.Errorf("after %s: starved already, want all memory back", source)
		}
	}
}

func TestImagesOfOneEngine(t *testing.T) {
	e := newEngine(t)
	bare := e.Save()
	f, err := e.Eval("globalThis.n = 1; (function () { return 'n is ' + n++; })")
	if err != nil {
		t.Fatal(err)
	}
	with := e.Save()
	for range 3 {
		e.Restore(bare)
		if got := eval(t, e, "typeof n"); got != "undefined" {
			t.Errorf("typeof n: got %s, want undefined", got)
		}
		e.Restore(with)
		if text, _, err := e.Call(f); string(text) != "n is 1" || err != nil {
			t.Errorf("got %q, error %v; want %q", text, err, "n is 1")
		}
	}
}

// Two worlds that begin alike must not draw the same numbers.
func TestReseed(t *testing.T) {
	e := newEngine(t)
	image := e.Save()
	draw := func() string {
		e.Restore(image)
		e.Reseed()
		return eval(t, e, "[Math.random(), Math.random()].join()")
	}
	if a, b := draw(), draw(); a == b {
		t.Errorf("drew %s twice, want others the second time", a)
	}
}

func TestErrors(t *testing.T) {
	e := newEngine(t)
	for _, c := range []struct {
		source string
		want   Error
	}{
		{"\n  null.x", Error{
			Name: "TypeError", Message: "cannot read property 'x' of null",
			Text: "TypeError: cannot read property 'x' of null",
		}},
		{"throw 'text'", Error{Text: "text"}},
		{"throw null", Error{Text: "null"}},
		{"throw {name: 1, message: 'm', lineNumber: 7.9}", Error{Message: "m", Line: 7, Text: "[object Object]"}},
		{"throw {toString() { throw 1 }, get name() { throw 2 }, get message() { return 'm' }}", Error{Message: "m"}},
		{"throw Object.create(null)", Error{}},
	} {
		_, err := e.Eval(c.source)
		var got *Error
		if !errors.As(err, &got) || *got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.source, got, c.want)
		}
	}
	var syntax *Error
	if _, err := e.Compile("var a;\n  var = 1", ""); !errors.As(err, &syntax) || syntax.Name != "SyntaxError" ||
		syntax.Line != 2 || syntax.Column == 0 {
		t.Errorf("got %+v, want a SyntaxError in line 2 with its column", syntax)
	}
	if _, err := e.Compile("globalThis.ran = 1", ""); err != nil || eval(t, e, "typeof ran") != "undefined" {
		t.Errorf("compiling ran the code or failed: %v; want neither", err)
	}
}

func TestText(t *testing.T) {
	e := newEngine(t)
	same, err := e.Eval("(function (s) { return s; })")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"": "", "ab": "ab", "a\x00b": "a\x00b", "é€😀": "é€😀", "a\xff\xfeb": "a��b",
		strings.Repeat("ü", 100_000): strings.Repeat("ü", 100_000),
	} {
		if got, ok, err := e.Call(same, in); string(got) != want || !ok || err != nil {
			t.Errorf("%.20q: got %.20q %v, error %v; want %.20q", in, got, ok, err, want)
		}
	}
	half, err := e.Eval(`(function () { return 'a\ud83d\ud83db\ude00'; })`)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := e.Call(half); string(got) != "a��b�" || err != nil {
		t.Errorf("got %q, error %v; want %q", got, err, "a��b�")
	}
	for source, want := range map[string]bool{"1": false, "undefined": false, "'a' + 'b'": true} {
		f, err := e.Eval("(function () { return " + source + "; })")
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := e.Call(f); ok != want || err != nil {
			t.Errorf("%s: is text %v, error %v; want %v", source, ok, err, want)
		}
	}
	if _, _, err := e.Call(same, 1.5); err == nil {
		t.Error("a float64 was taken, want an error")
	}
}

func TestDeadline(t *testing.T) {
	e := newEngine(t)
	e.Deadline(30 * time.Millisecond)
	begun := time.Now()
	_, err := e.Eval("try { while (true) {} } catch (e) { } finally { while (true) {} }")
	if took := time.Since(begun); err == nil || took < 30*time.Millisecond || took > 5*time.Second {
		t.Errorf("got error %v after %v, want one after 30 ms", err, took)
	}
}

func TestLimit(t *testing.T) {
	e := newEngine(t)
	image := e.Save()
	e.Limit(8 << 20)
	if _, err := e.Eval("var big = 'x'.repeat(4 << 20); 1"); err != nil || e.Starved() {
		t.Errorf("within the limit: got error %v, starved %v; want neither", err, e.Starved())
	}
	if _, err := e.Eval("var all = []; while (true) all.push(new Uint8Array(1 << 20))"); err == nil || !e.Starved() {
		t.Errorf("beyond the limit: got error %v, starved %v; want both", err, e.Starved())
	}
	if used := e.heap.book().high - e.heap.base; used > 12<<20 {
		t.Errorf("%d bytes of the heap were used under a limit of %d, want at most %d", used, 8<<20, 12<<20)
	}
	e.Restore(image)
	if _, err := e.Eval("throw new Error('out of memory')"); err == nil || e.Starved() {
		t.Error("whoever only says so is starved, want an error and nothing else")
	}
}

func BenchmarkRestore(b *testing.B) {
	e, err := New(6000)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	f, err := e.Eval(`(function (s) { return 'x' + s; })`)
	if err != nil {
		b.Fatal(err)
	}
	image := e.Save()
	b.Run("restore and call", func(b *testing.B) {
		b.ReportMetric(float64(image.Size()), "B/image")
		for b.Loop() {
			e.Restore(image)
			if s, ok, err := e.Call(f, "abc"); string(s) != "xabc" || !ok || err != nil {
				b.Fatalf("got %s, %t, error %v; want xabc", s, ok, err)
			}
		}
	})
	b.Run("new and close", func(b *testing.B) {
		for b.Loop() {
			e, err := New(6000)
			if err != nil {
				b.Fatal(err)
			}
			e.Close()
		}
	})
}
