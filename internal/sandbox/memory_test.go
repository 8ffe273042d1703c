package sandbox_test

import (
	"strings"
	"testing"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// nestedTries is a function body that takes the parser more memory than it may have: each return is compiled once for
// each finally around it.
var nestedTries = "for(;;){" + strings.Repeat("try{", 3000) + "return 1" + strings.Repeat("}finally{break}", 3000) + "}"

// A function that uses up its memory, in whatever part of the engine, ends with outcome memory and nothing else, and
// the next run is right.
func TestMemory(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for name, js := range map[string]string{
		"parser":         `return new Function(` + quote(nestedTries) + `)()`,
		"parser of eval": `return eval(` + quote("(function(){"+nestedTries+"})") + `)()`,
		"caught":         `try { 'x'.repeat(1e8) + 'y' } catch (e) { return 'caught ' + e }`,
		"finally":        `try { 'x'.repeat(1e8) + 'y' } finally { return 'finally' }`,
		"caught in turns": `for (;;) { try { var a = []; for (;;) { a.push('z'.repeat(1e5) + a.length) } } catch ` +
			`(e) {} }`,
		"captures":  `return /(?:(a)|(b)|(c))*?$/.exec('abc'.repeat(2e7))`,
		"arguments": `function f() { return f.apply(null, arguments) } return f.apply(null, new Array(60000))`,
		"rest":      `function f(...a) { return f(...a) } return f(...new Array(60000).fill(1))`,
		"generators": `var a = []; function* g() { var v = new Array(1000).fill(1); yield v } for (;;) { var i = ` +
			`g(); i.next(); a.push(i) }`,
		"json": `return JSON.parse('[' + '[1],'.repeat(4e6) + '1]').length`,
		"stringify": `var a = ['x'.repeat(1e5)]; for (var i = 0; i < 12; i++) { a = [a, a] } return ` +
			`JSON.stringify(a).length`,
		"proxies":      `var p = {}; for (;;) { p = new Proxy({o: p}, {}) }`,
		"symbols":      `var a = []; for (var i = 0;; i++) { a.push(Symbol('s' + i)) }`,
		"properties":   `var o = {}; for (var i = 0;; i++) { o['k' + i] = i }`,
		"maps":         `var m = new Map(); for (var i = 0;; i++) { m.set({}, i) }`,
		"typed arrays": `var a = []; for (;;) { a.push(new Float64Array(1e5)) }`,
		"ropes":        `var s = 'x'; for (;;) { s += s; s.charCodeAt(s.length - 1) }`,
		"sorting":      `var a = new Array(3e6).fill('x'); return a.sort().concat(a, a).length`,
		"microtasks": `function f() { Promise.resolve([1, 2, 3]).then(f); Promise.resolve([4]).then(f) } for (;;) ` +
			`{ f() }`,
		"thrown": `var e = 'x'; for (;;) { e = new Error(e.message + 'y'.repeat(1e6)); if (e.message.length > ` +
			`9e7) { throw e } }`,
		"logs": `for (var s = 'x';; s += s) { log(s) }`,
		"prototypes replaced": `Object.prototype.toString = Error.prototype.toString = function () { return ` +
			`'x'.repeat(1e8) + this }; throw {a: 1}`,
	} {
		t.Run(name, func(t *testing.T) {
			idle(t, p)
			// little: a busy machine fills it slowly
			a := run(t, p, js, sandbox.Limits{Deadline: runs.MaxDeadline, Memory: 16 << 20})
			if a.Outcome != runs.Memory {
				t.Errorf("got %s %.200s, want %s", a.Outcome, a.Body, runs.Memory)
			}
			if next := run(t, p, `return 'next'`,
				sandbox.Limits{Deadline: runs.MaxDeadline}); string(next.Body) != `{"json":"next"}` {
				t.Errorf("the next run: got %s %s, want next", next.Outcome, next.Body)
			}
		})
	}
}

// The variables of nested calls are beside the engine's heap, up to what the process may have: filling that takes a
// while.
func TestMemoryOfNestedCalls(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for range 2 {
		a := run(t, p, `var v = 'x'; for (var i = 0; i < 60000; i++) { v += ',x' + i }
			var f = new Function('g', 'var ' + v + '; return g(g)'); return f(f)`, sandbox.Limits{Deadline: runs.MaxDeadline})
		if a.Outcome != runs.Memory && a.Outcome != runs.Timeout {
			t.Errorf("got %s %.200s, want %s, or %s on a slow machine", a.Outcome, a.Body, runs.Memory, runs.Timeout)
		}
		if a.Outcome == runs.Memory && a.Replaced == nil {
			t.Error("the worker that the system refused memory goes on, want it replaced")
		}
		next := run(t, p, `return 'x'.repeat(4e7).length`, sandbox.Limits{Deadline: runs.MaxDeadline})
		if want := `{"json":40000000}`; string(next.Body) != want {
			t.Errorf("the next run: got %s %s, want %s", next.Outcome, next.Body, want)
		}
	}
}

// Changes of one run to the heap's addresses do not reduce the memory of the next.
func TestMemoryOfManySizes(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for range 2 {
		a := run(
			t,
			p,
			`for (var n = 1 << 16; n < 6e7; n = Math.floor(n * 1.26)) { var a = []; while (a.length * n < 5e7) `+
				`{ a.push(new Uint8Array(n)) } } return 1`,
			sandbox.Limits{Deadline: runs.MaxDeadline},
		)
		if a.Outcome != runs.Memory {
			t.Errorf("got %s %s, want %s", a.Outcome, a.Body, runs.Memory)
		}
		next := run(t, p, `return 'x'.repeat(4e7).length`, sandbox.Limits{Deadline: runs.MaxDeadline})
		if want := `{"json":40000000}`; string(next.Body) != want {
			t.Errorf("the next run: got %s %s, want %s", next.Outcome, next.Body, want)
		}
	}
}

// Wherever in a run the memory ends, the run ends with outcome memory or as it does with enough.
func TestMemoryEndsAnywhere(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	const js = `var o = {a: [1, 2, {b: 'é'}], d: new Date(0)}, s = JSON.stringify(o);
		class A { #p = s; get p() { return this.#p } }
		for (var i = 0; i < 40; i++) { s += i + /(\d+)(?=[^x])/.exec(s)[1] + new A().p.slice(0, 400) }
		try { null.x } catch (e) { s += e.message } log(s); return eval('s.length') + [...new Set(s)].length`
	enough := run(t, p, js, sandbox.Limits{Deadline: runs.MaxDeadline})
	if enough.Outcome != runs.OK {
		t.Fatalf("with enough memory: got %s %s, want %s", enough.Outcome, enough.Body, runs.OK)
	}
	met := map[runs.Outcome]int{}
	for limit := int64(128 << 10); limit < 1<<20 && met[runs.OK] < 20; limit += 1 << 10 {
		a := run(t, p, js, sandbox.Limits{Memory: limit, Deadline: runs.MaxDeadline})
		if met[a.Outcome]++; a.Outcome != runs.Memory && string(a.Body) != string(enough.Body) {
			t.Fatalf("with %d bytes: got %s %s, want %s or %s", limit, a.Outcome, a.Body, runs.Memory, enough.Body)
		}
		if a.Replaced != nil {
			t.Errorf("with %d bytes the worker is replaced, want it restored", limit)
		}
		if next := run(t, p, js, sandbox.Limits{Deadline: runs.MaxDeadline}); string(next.Body) != string(enough.Body) {
			t.Fatalf("the run after one with %d bytes: got %s %s, want %s", limit, next.Outcome, next.Body, enough.Body)
		}
	}
	if met[runs.Memory] < 50 || met[runs.OK] == 0 {
		t.Errorf("got %v, want both %s, at least 50 times, and %s", met, runs.Memory, runs.OK)
	}
}

// A source that cannot be parsed for lack of memory is reported as such.
func TestParseWithoutMemory(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for range 3 {
		a, err := p.Do(t.Context(), sandbox.Job{
			Kind: sandbox.KindParse, Run: "p", Source: nestedTries,
			Limits: sandbox.Limits{Deadline: runs.MaxDeadline},
		})
		if err != nil || a.Outcome != runs.Memory {
			t.Errorf("got %s %s, error %v, want %s", a.Outcome, a.Body, err, runs.Memory)
		}
		if a, err := p.Do(t.Context(), sandbox.Job{
			Kind: sandbox.KindParse, Run: "p", Source: "return 1",
			Limits: sandbox.Limits{Deadline: runs.MaxDeadline},
		}); err != nil || a.Outcome != runs.OK {
			t.Errorf("the next source: got %s %s, error %v, want %s", a.Outcome, a.Body, err, runs.OK)
		}
	}
}

func quote(text string) string { return `'` + text + `'` }
