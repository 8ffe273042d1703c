package sandbox_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// Loops inside the engine's own code, where its interrupt does not look, and loops that fight the interrupt.
var endless = map[string]string{
	"indexOf":            `return [].indexOf.call({length: 9e15}, 1)`,
	"lastIndexOf":        `return [].lastIndexOf.call({length: 9e15}, 1)`,
	"includes":           `return [].includes.call({length: 9e15}, 1)`,
	"join":               `return [].join.call({length: 9e15}, '')`,
	"reverse":            `return [].reverse.call({length: 9e15})`,
	"fill nothing":       `return [].fill.call({length: 9e15, set x(v) {}}, undefined)`,
	"long join":          `return new Array(1 << 28).join('x')`,
	"sparse sort":        `var a = []; a[4e9] = 1; return a.sort()`,
	"copyWithin":         `return [].copyWithin.call({length: 9e15}, 1, 0)`,
	"unshift":            `return [].unshift.call({length: 9e15 - 10}, 1)`,
	"splice":             `return [].splice.call({length: 9e15}, 0, 1)`,
	"catch all":          `for (;;) { try { while (1) {} } catch (e) {} }`,
	"finally":            `function f() { try { while (1) {} } finally { f() } } f()`,
	"label continue":     `a: for (;;) { try { continue a } finally { continue a } }`,
	"generator":          `function* g() { for (;;) { yield 1 } } for (var x of g()) {}`,
	"getter":             `Object.defineProperty(this, 'x', {get: function () { for (;;) {} }}); return x`,
	"regular expression": `return /^(a+)+\1$/.test(new Array(41).join('a') + 'b')`,
	"lookahead":          `return /^(?=(a+)+b)a/.test(new Array(41).join('a'))`,
	"toString":           `return '' + {toString: function () { for (;;) {} }}`,
	"toJSON":             `return {toJSON: function () { for (;;) {} }}`,
	"proxy": `return [].indexOf.call(new Proxy({}, {get: function (o, k) { return k === 'length' ? 9e15 : ` +
		`undefined }, has: function () { return false }}), 1)`,
	"iterator": `var o = {}; o[Symbol.iterator] = function () { return {next: function () { return {done: ` +
		`false} }} }; return [...o]`,
	"big number":          `var n = 3n; for (;;) { n = n * n }`,
	"throwing an endless": `throw {toString: function () { for (;;) {} }, toJSON: function () { for (;;) {} }}`,
	"name of an error": `var e = new Error('x'); Object.defineProperty(e, 'message', {get: function () { for (;;) {} ` +
		`}}); throw e`,
}

// growing are those that also build something: on a fast machine that meets a limit first.
var growing = map[string][]runs.Outcome{
	"fill nothing": {runs.Memory}, "long join": {runs.Memory}, "sparse sort": {runs.Memory},
	"iterator": {runs.Memory}, "big number": {runs.Memory, runs.Threw},
}

// Every loop ends as timeout, and is over 100 ms after its deadline, whichever way it loops. A busy machine that is
// late with a plain timer may be as late with the answer, and may come late for other reasons twice; it may not a third
// time.
func TestDeadlines(t *testing.T) {
	const deadline, most, attempts = 150 * time.Millisecond, 100 * time.Millisecond, 3
	p := sandboxtest.Pool(t, 1)
	for name, js := range endless {
		t.Run(name, func(t *testing.T) {
			var late []time.Duration
			for range attempts {
				idle(t, p)
				start := time.Now()
				busy := make(chan time.Duration, 1)
				timer := time.AfterFunc(deadline+runs.Grace, func() { busy <- time.Since(start) - deadline - runs.Grace })
				a := run(t, p, js, sandbox.Limits{Deadline: deadline})
				over := time.Since(start) - deadline
				if !timer.Stop() {
					over -= <-busy
				}
				if a.Outcome != runs.Timeout && !slices.Contains(growing[name], a.Outcome) {
					t.Fatalf("ended as %s %s, want %s%v", a.Outcome, a.Body, runs.Timeout, growing[name])
				}
				if over <= most {
					return
				}
				late = append(late, over)
			}
			t.Errorf("was over %v after its deadline of %v each time, want at most %v", late, deadline, most)
		})
	}
}

// idle waits until a worker is free, so that its start is on nobody's clock.
func idle(t *testing.T, p *sandbox.Pool) {
	t.Helper()
	await.True(t, "a free worker", func() bool { free, _ := p.Workers(); return free > 0 })
}

// What a run leaves behind is thrown away before the next one starts its clock, and a worker that cannot do so in time
// is replaced.
func TestLitter(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	const deadline = 4 * time.Second
	for name, js := range map[string]string{
		"many objects": `this.a = []; for (var i = 0; i < 300000; i++) { a.push({}) } return 1`,
		"long list":    `var n = null; for (var i = 0; i < 300000; i++) { n = {n: n} } this.n = n; return 1`,
		"deep closures": `var f = null; for (var i = 0; i < 100000; i++) { f = (function (g) { return function () { ` +
			`return g } })(f) } this.f = f; return 1`,
		"deep arrays": `var n = []; for (var i = 0; i < 300000; i++) { n = [n] } this.n = n; return 1`,
		"bound chain": `var f = function () {}; for (var i = 0; i < 1500; i++) { f = f.bind(null) } this.f = f; return 1`,
		"prototypes":  `var p = {}; for (var i = 0; i < 100000; i++) { p = Object.create(p) } this.p = p; return 1`,
		"proxies":     `var p = {}; for (var i = 0; i < 100000; i++) { p = new Proxy(p, {}) } this.p = p; return 1`,
		"ropes":       `var s = 'x'; for (var i = 0; i < 20; i++) { s = s + s + i } this.s = s; return 1`,
		"finalisers": `this.r = new FinalizationRegistry(function () { for (;;) {} }); for (var i = 0; i < 50000; i++) ` +
			`{ r.register({}, i) } return 1`,
		"weak maps": `this.m = new WeakMap(); this.k = []; for (var i = 0; i < 50000; i++) { var o = {}; k.push(o); ` +
			`m.set(o, {o: o}) } return 1`,
		"microtasks":   `function f() { Promise.resolve().then(f); Promise.resolve().then(f) } f(); return 1`,
		"pending jobs": `for (var i = 0; i < 50000; i++) { Promise.resolve(i).then(function () { for (;;) {} }) } return 1`,
		"generators": `this.a = []; for (var i = 0; i < 20000; i++) { var g = (function* () { try { yield 1 } finally ` +
			`{ for (;;) {} } })(); g.next(); a.push(g) } return 1`,
		"cyclic litter":  `for (var i = 0; i < 200000; i++) { var a = {}, b = {a: a}; a.b = b } return 1`,
		"async function": `(async function f() { for (;;) { await 1 } })(); return 1`,
	} {
		t.Run(name, func(t *testing.T) {
			idle(t, p)
			a := run(t, p, js, sandbox.Limits{Deadline: deadline})
			if a.Outcome != runs.OK || string(a.Body) != `{"json":1}` {
				t.Fatalf("got %s %s, want %s %s", a.Outcome, a.Body, runs.OK, `{"json":1}`)
			}
			start := time.Now()
			next := run(t, p, `return 'next'`, sandbox.Limits{Deadline: 2 * time.Second})
			if string(next.Body) != `{"json":"next"}` {
				t.Errorf("the next run got %s %s after %v, want next", next.Outcome, next.Body, time.Since(start))
			}
			t.Logf("the next run came back after %v", time.Since(start))
		})
	}
}

// A worker that answers twice, or for another run, is not believed.
func TestAnswersAreTagged(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for range 20 {
		for _, id := range []runs.ID{"a", "b"} {
			raw, err := json.Marshal(map[string]string{"js": `return req.query.id`})
			if err != nil {
				t.Fatal(err)
			}
			a, err := p.Do(context.Background(), sandbox.Job{
				Kind: sandbox.KindShow, Run: id, Source: show, Doc: raw,
				Req: json.RawMessage(`{"query":{"id":"` + string(id) + `"}}`),
			})
			if err != nil || a.Run != id || string(a.Body) != `{"json":"`+string(id)+`"}` {
				t.Fatalf("run %s got %+v, error %v; want its own answer", id, a, err)
			}
		}
	}
}
