package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// host is a test's end of what a function asks. It knows the verbs kv.….
type host struct {
	ask   func(ctx context.Context, verb, arguments string) sandbox.Told
	asked atomic.Int64
}

func (*host) Allows(verb string) bool { return strings.HasPrefix(verb, "kv.") }

func (h *host) Ask(ctx context.Context, verb string, arguments json.RawMessage) sandbox.Told {
	h.asked.Add(1)
	return h.ask(ctx, verb, string(arguments))
}

// echo is a host that answers every question with the question.
func echo() *host {
	return &host{ask: func(_ context.Context, verb, arguments string) sandbox.Told {
		return sandbox.Told{OK: json.RawMessage(`{"verb":"` + verb + `","arguments":` + arguments + `}`)}
	}}
}

// slow is a host that takes its time.
func slow(d time.Duration) *host {
	return &host{ask: func(ctx context.Context, _, _ string) sandbox.Told {
		select {
		case <-time.After(d):
			return sandbox.Told{OK: json.RawMessage(`1`)}
		case <-ctx.Done():
			return sandbox.Told{Error: &sandbox.HostError{Name: "KvError", Reason: "unavailable", Message: "no answer in time"}}
		}
	}}
}

const surface = `{"env":{"VIP":"4711"},"run":{"id":"r1","account":"a"},"kv":{"write":true}}`

func asking(t *testing.T, p *sandbox.Pool, h sandbox.Host, js string, l sandbox.Limits) sandbox.Answer {
	t.Helper()
	a, err := p.Do(t.Context(), sandbox.Job{
		Kind: sandbox.KindShow, Run: "r1", Source: show, Doc: doc(js), Req: json.RawMessage(`{"query":{"To":"1000"}}`),
		Limits: l, Host: h, Bindings: json.RawMessage(surface),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAsk(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, c := range []struct{ name, js, want string }{
		{"get", `return kv.get('a"b')`, `{"verb":"kv.get","arguments":[false,"a\"b"]}`},
		{"own", `return kv.own.get('a')`, `{"verb":"kv.get","arguments":[true,"a"]}`},
		{
			"set", `return kv.set('k', {a: [1, null, 'ä']}, {ttl: 60, ifVersion: 0})`,
			`{"verb":"kv.set","arguments":[false,"k",{"a":[1,null,"ä"]},{"ttl":60,"ifVersion":0}]}`,
		},
		{"set nothing else", `return kv.set('k', 1)`, `{"verb":"kv.set","arguments":[false,"k",1,{}]}`},
		{"incr", `return kv.incr('k')`, `{"verb":"kv.incr","arguments":[false,"k",1,{}]}`},
		{"delete", `return kv['delete']('k')`, `{"verb":"kv.delete","arguments":[false,"k",{}]}`},
		{
			"list", `return kv.list('p', {limit: 5, after: 'q'})`,
			`{"verb":"kv.list","arguments":[false,"p",{"limit":5,"after":"q"}]}`,
		},
		{"env", `return [env.VIP, env.other, env.toString]`, `["4711",null,null]`},
		{
			"run", `return [run.id, run.account, typeof run.remaining_ms(), run.remaining_ms() > 100]`,
			`["r1","a","number",true]`,
		},
		{"frozen", `'use strict'; var n = 0; [kv, kv.own, kv.get, env, run].forEach(function (o) {
			if (Object.isFrozen(o)) { n++ } }); return n`, `5`},
		{"no host function is left", `return [typeof ask, typeof left, typeof say]`, `["undefined","undefined","undefined"]`},
		{"names can be taken", `var kv = 7; return kv`, `7`},
		{"not enumerable", `return Object.keys(globalThis)`, `[]`},
		{"in a getter of the result", `return {get x() { return kv.get('k').verb }}`, `{"x":"kv.get"}`},
		{"in toJSON of the result", `return {toJSON: function () { return kv.get('k').verb }}`, `"kv.get"`},
		{
			"while it asks", `return kv.set('k', {toJSON: function () { return kv.get('inner').arguments[1] }}).arguments`,
			`[false,"k","inner",{}]`,
		},
		{
			"with a poisoned language", `Array.prototype.toJSON = Object.prototype.toJSON = function () { return 'x' };
			JSON.stringify = JSON.parse = Object.keys = function () { throw 1 };
			Object.defineProperty(Object.prototype, 'error', {get: function () { return {name: 'E'} }});
			Object.defineProperty(Object.prototype, 'get', {get: function () { throw 2 }});
			var a = kv.get('k').arguments[1]; delete Object.prototype.toJSON; return a`, `"k"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := asking(t, p, echo(), c.js, sandbox.Limits{})
			if a.Outcome != runs.OK || string(a.Body) != `{"json":`+c.want+`}` {
				t.Errorf("got %s %s %v, want %s", a.Outcome, a.Body, a.Error, c.want)
			}
		})
	}
}

// What a host answers with an error is an Error that the function may catch, with the position of its own code.
func TestAskThrows(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	h := &host{ask: func(context.Context, string, string) sandbox.Told {
		return sandbox.Told{Error: &sandbox.HostError{Name: "KvError", Reason: "conflict", Message: "another version"}}
	}}
	a := asking(t, p, h, `try { kv.set('a', 1) } catch (e) {
		return [e instanceof Error, e.name, e.reason, e.message, String(e), Object.keys(e)] }`, sandbox.Limits{})
	want := `{"json":[true,"KvError","conflict","another version","KvError: another version",[]]}`
	if string(a.Body) != want {
		t.Errorf("caught: got %s %s, want %s", a.Outcome, a.Body, want)
	}
	if a = asking(t, p, h, `kv.set('a', 1)`, sandbox.Limits{}); a.Outcome != runs.Threw ||
		a.Error.Message != "KvError: another version" {
		t.Errorf("uncaught: got %s %+v, want %s with the error", a.Outcome, a.Error, runs.Threw)
	}
	for js, want := range map[string]string{
		`kv.get()`:                                "KvError: the key must be text, and is undefined",
		`kv.get(null)`:                            "KvError: the key must be text, and is null",
		`kv.get({})`:                              "KvError: the key must be text, and is a object",
		`kv.set('a')`:                             "TypeError: kv.set: undefined is no value that JSON can hold",
		`kv.set('a', 1, {TTL: 5})`:                `TypeError: kv.set: there is no option "TTL"; there are ttl, ifVersion`,
		`kv.set('a', 1, {ttl: '5'})`:              "TypeError: kv.set: ttl must be a whole number",
		`kv.set('a', 1, 5)`:                       "TypeError: kv.set: the options must be an object",
		`kv.incr('a', 0.5)`:                       "TypeError: kv.incr: what is added must be a whole number",
		`kv.incr('a', 1, {ifVersion:1})`:          `TypeError: kv.incr: there is no option "ifVersion"; there are ttl`,
		`kv.set('a', new Array(70000).join('x'))`: "KvError: what is passed to kv.set has more than 64 KiB",
	} {
		if a := asking(t, p, h, js, sandbox.Limits{}); a.Error == nil || !strings.HasPrefix(a.Error.Message, want) {
			t.Errorf("%s: got %s %+v, want %s", js, a.Outcome, a.Error, want)
		}
	}
}

// Waiting for the host is no part of the deadline, which stays exact after it.
func TestWaitsAreNoPartOfTheDeadline(t *testing.T) {
	const deadline, wait, most = 100 * time.Millisecond, 300 * time.Millisecond, 50 * time.Millisecond
	p := sandboxtest.Pool(t, 1)
	a := asking(t, p, slow(wait), `return kv.get('k')`, sandbox.Limits{Deadline: deadline})
	if a.Outcome != runs.OK || a.Waited < wait || a.Waited > wait+200*time.Millisecond {
		t.Errorf("got %s after a wait of %s, want %s after %s", a.Outcome, a.Waited, runs.OK, wait)
	}
	for name, js := range map[string]string{
		"a loop": `kv.get('k'); for (;;) {}`, "a loop in the engine": `kv.get('k'); [].indexOf.call({length: 9e15}, 1)`,
	} {
		t.Run(name, func(t *testing.T) {
			var late time.Duration
			for range 3 { // as TestDeadlines: a machine that is late with a plain timer may be as late with the answer
				idle(t, p)
				start, busy := time.Now(), make(chan time.Duration, 1)
				due := wait + deadline + runs.Grace
				timer := time.AfterFunc(due, func() { busy <- time.Since(start) - due })
				a := asking(t, p, slow(wait), js, sandbox.Limits{Deadline: deadline})
				late = time.Since(start) - a.Waited - deadline
				if late > 0 && !timer.Stop() {
					late -= <-busy
				}
				if a.Outcome != runs.Timeout {
					t.Fatalf("got %s, want %s", a.Outcome, runs.Timeout)
				}
				if late < -most {
					t.Fatalf("ended %s before its deadline, want all of it after a wait", -late)
				}
				if late <= most {
					return
				}
			}
			t.Errorf("ended %s after its deadline, want at most %s", late, most)
		})
	}
}

// A loop of waits ends: the supervisor sums them, and answers "budget" at once when a run has waited enough.
func TestWaitsAreBounded(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	start := time.Now()
	a := asking(t, p, slow(300*time.Millisecond), `for (;;) { kv.get('k') }`, sandbox.Limits{})
	if took := time.Since(start); a.Outcome != runs.Threw || took > runs.WaitMost+500*time.Millisecond ||
		a.Waited < runs.WaitMost-10*time.Millisecond {
		t.Errorf("got %s %+v after %s with waits of %s, want %s for the budget of %s", a.Outcome, a.Error, took, a.Waited,
			runs.Threw, runs.WaitMost)
	}
	start = time.Now()
	a = asking(t, p, slow(300*time.Millisecond),
		`for (;;) { try { kv.get('k') } catch (e) {} }`, sandbox.Limits{Deadline: 300 * time.Millisecond})
	if took := time.Since(start); a.Outcome != runs.Timeout || took > runs.TotalMost {
		t.Errorf("who catches everything: got %s after %s, want %s", a.Outcome, took, runs.Timeout)
	}
	start = time.Now()
	a = asking(t, p, slow(1900*time.Millisecond), `kv.get('k'); for (;;) {}`, sandbox.Limits{Deadline: 4 * time.Second})
	if took := time.Since(start); a.Outcome != runs.Timeout || took > runs.TotalMost+200*time.Millisecond {
		t.Errorf("a long deadline: got %s after %s, want %s within %s", a.Outcome, took, runs.Timeout, runs.TotalMost)
	}
}

// A host that does not keep its time costs the run an error, and nothing else.
func TestHostThatNeverAnswers(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	release := make(chan struct{})
	defer close(release)
	h := &host{ask: func(context.Context, string, string) sandbox.Told { <-release; return sandbox.Told{} }}
	a := asking(t, p, h, `var e; try { kv.get('a') } catch (x) { e = x } try { kv.get('b') } catch (x) {
		return [e.name, e.reason, x.reason] }`, sandbox.Limits{})
	if want := `{"json":["KvError","budget","budget"]}`; string(a.Body) != want || h.asked.Load() != 1 {
		t.Errorf("got %s %s %+v after %d questions, want %s after one", a.Outcome, a.Body, a.Error, h.asked.Load(), want)
	}
	if a := run(t, p, `return 1`, sandbox.Limits{}); a.Outcome != runs.OK {
		t.Errorf("the next run: got %s, want %s", a.Outcome, runs.OK)
	}
}

// A run that is given up while it waits ends with its context.
func TestGivenUpWhileItWaits(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	h := &host{ask: func(ctx context.Context, _, _ string) sandbox.Told {
		cancel()
		<-ctx.Done()
		return sandbox.Told{}
	}}
	start := time.Now()
	_, err := p.Do(ctx, sandbox.Job{
		Kind: sandbox.KindShow, Run: "r1", Source: show, Doc: doc(`return kv.get('k')`), Req: json.RawMessage(`{}`),
		Host: h, Bindings: json.RawMessage(surface),
	})
	if !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
		t.Errorf("got %v after %s, want %v at once", err, time.Since(start), context.Canceled)
	}
}

// Functions that flood, nest, keep what they got, or catch everything spoil their own run at most.
func TestHostileAsking(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, c := range []struct {
		name, js string
		outcome  runs.Outcome
		body     string
	}{
		{"floods", `var n = 0; for (var i = 0; i < 5000; i++) { try { kv.get('k'); n++ } catch (e) {
			if (e.reason !== 'budget') { throw e } } } return n`, runs.OK, `{"json":500}`},
		{"floods for ever", `for (;;) { try { kv.get('k') } catch (e) {} }`, runs.Timeout, ""},
		{"recurses", `function f() { kv.get('k'); f() } f()`, runs.Threw, ""},
		{
			"nests", `function f(n) { return n ? kv.set('k', {get x() { return f(n - 1) }}).verb : 1 } return f(50)`, runs.OK,
			`{"json":"kv.set"}`,
		},
		{
			"asks while it dies of memory", `var a = []; for (;;) { a.push(kv.get('k'), 'x'.repeat(1 << 20)) }`,
			runs.Memory, "",
		},
		{"asks with a huge key", `return kv.get('x'.repeat(1 << 22))`, runs.Threw, ""},
		{
			"asks in a getter that never ends", `return {get x() { for (;;) { try { kv.get('k') } catch (e) {} } }}`,
			runs.Timeout, "",
		},
		{"keeps it for the next run", `Object.prototype.kept = kv; globalThis.kept = kv; return 1`, runs.OK, `{"json":1}`},
		{"looks for it", `return [typeof globalThis.kept, typeof ({}).kept]`, runs.OK, `{"json":["undefined","undefined"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			deadline := 3 * time.Second // a busy machine must not make a timeout of what ends by itself
			if c.outcome == runs.Timeout {
				deadline = 500 * time.Millisecond
			}
			a := asking(t, p, echo(), c.js, sandbox.Limits{Deadline: deadline})
			if a.Outcome != c.outcome || c.body != "" && string(a.Body) != c.body {
				t.Errorf("got %s %s %+v, want %s %s", a.Outcome, a.Body, a.Error, c.outcome, c.body)
			}
			if a := run(t, p, `return typeof kv + typeof env + typeof run`, sandbox.Limits{}); string(a.Body) !=
				`{"json":"undefinedundefinedundefined"}` {
				t.Errorf("the next run without bindings: got %s %s, want nothing of them", a.Outcome, a.Body)
			}
		})
	}
}

// forge is a worker that answers its first job with the frame of its arguments; "*64k" is a long field.
func forge() int {
	var frame [][]byte
	for _, field := range os.Args[2:] {
		if field == "*64k" {
			field = `["` + strings.Repeat("x", sandbox.MaxAsk) + `"]`
		}
		frame = append(frame, []byte(field))
	}
	return sandbox.Forge(os.Stdin, os.Stdout, frame...)
}

// A question that the run may not ask, or that is no question, costs the worker its life, and the host never hears it.
func TestForgedQuestions(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, frame := range map[string][]string{
		"a verb without a grant": {"ask", "r1", "1", "http.get", `["https://example.com"]`},
		"no verb":                {"ask", "r1", "1", "", `[]`},
		"another run":            {"ask", "r2", "1", "kv.get", `["k"]`},
		"the second first":       {"ask", "r1", "2", "kv.get", `["k"]`},
		"number nought":          {"ask", "r1", "0", "kv.get", `["k"]`},
		"a number twice written": {"ask", "r1", "01", "kv.get", `["k"]`},
		"a field too few":        {"ask", "r1", "1", "kv.get"},
		"a field too many":       {"ask", "r1", "1", "kv.get", `["k"]`, ""},
		"too long":               {"ask", "r1", "1", "kv.get", "*64k"},
		"an answer to itself":    {"told", "r1", "1", `{"ok":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := sandbox.NewPool(sandbox.Config{Command: sandbox.Command{
				Path: self, Args: append([]string{"forge"}, frame...),
			}, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			h := echo()
			a := asking(t, p, h, `return 1`, sandbox.Limits{Deadline: 3 * time.Second})
			if a.Outcome != runs.Crashed || a.Replaced == nil || h.asked.Load() != 0 {
				t.Errorf("got %s after %d questions, want %s, another worker and no question", a.Outcome, h.asked.Load(),
					runs.Crashed)
			}
			a, err = p.Do(t.Context(), sandbox.Job{
				Kind: sandbox.KindShow, Run: "r1", Source: show, Doc: doc(`return 1`), Req: json.RawMessage(`{}`),
			})
			if err != nil || a.Outcome != runs.Crashed {
				t.Errorf("a run without a host: got %s %v, want %s", a.Outcome, err, runs.Crashed)
			}
		})
	}
}

// A worker that asks and does not read the answer is ended at the end of its run.
func TestAnswerThatIsNeverRead(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := sandbox.NewPool(sandbox.Config{Command: sandbox.Command{
		Path: self, Args: []string{"forge", "ask", "r1", "1", "kv.get", `["k"]`},
	}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h := &host{ask: func(context.Context, string, string) sandbox.Told {
		return sandbox.Told{OK: json.RawMessage(`"` + strings.Repeat("x", 256<<10) + `"`)}
	}}
	start := time.Now()
	a := asking(t, p, h, `return 1`, sandbox.Limits{Deadline: 300 * time.Millisecond})
	if took := time.Since(start); a.Outcome != runs.Timeout || took > 2*time.Second {
		t.Errorf("got %s after %s, want %s soon after the deadline", a.Outcome, took, runs.Timeout)
	}
}

// A show sees whether the function has what its bindings say, and nothing that a document says can pretend that.
func TestBound(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	const tells = `function (doc, req, engine) { return {json: engine.bound}; }`
	for _, c := range []struct{ bindings, want string }{{surface, "true"}, {`{}`, "true"}, {"", "false"}} {
		a, err := p.Do(t.Context(), sandbox.Job{
			Kind: sandbox.KindShow, Run: "r1", Source: tells, Doc: json.RawMessage(`{"bindings":{"kv":{}},"bound":true}`),
			Req: json.RawMessage(`{"bound":true}`), Host: echo(), Bindings: json.RawMessage(c.bindings),
		})
		if want := fmt.Sprintf(`{"json":%s}`, c.want); err != nil || string(a.Body) != want {
			t.Errorf("%s: got %s %v, want %s", c.bindings, a.Body, err, want)
		}
	}
}
