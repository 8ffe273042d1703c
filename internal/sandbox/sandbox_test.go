package sandbox_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// roles are what else this test binary can be started as, by its first argument.
var roles = map[string]func() int{"confinement-probe": probe, "hold-pool": holdPool, "forge": forge}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			os.Exit(role())
		}
	}
	os.Exit(sandboxtest.Main(m))
}

// show is a show that runs the document's `js` member on the request.
const show = `function (doc, req) { return {json: new Function('req', doc.js)(req)}; }`

func doc(js string) json.RawMessage {
	b, err := json.Marshal(map[string]string{"js": js})
	if err != nil {
		panic(err)
	}
	return b
}

func run(t *testing.T, p *sandbox.Pool, js string, l sandbox.Limits) sandbox.Answer {
	t.Helper()
	a, err := p.Do(context.Background(), sandbox.Job{
		Kind: sandbox.KindShow, Run: "r1", Source: show, Doc: doc(js), Req: json.RawMessage(`{"query":{"To":"1000"}}`),
		Limits: l,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestShow(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	long := sandbox.Limits{Deadline: 300 * time.Millisecond}
	for _, c := range []struct {
		name, js string
		status   runs.Outcome
		body     string
	}{
		{"value", `return {to: req.query.To}`, runs.OK, `{"json":{"to":"1000"}}`},
		{"undefined has no json member", ``, runs.OK, `{}`},
		{"throws", `throw new TypeError('boom')`, runs.Threw, "boom"},
		{"throws null", `throw null`, runs.Threw, "null"},
		{"endless loop", `while (true) {}`, runs.Timeout, ""},
		{"endless loop that catches", `for (;;) { try { while (1) {} } catch (e) {} }`, runs.Timeout, ""},
		{"loop the engine cannot interrupt", `[].indexOf.call({length: 9e15}, 1)`, runs.Timeout, ""},
		{"toJSON that loops", `return {toJSON: function () { for (;;) {} }}`, runs.Timeout, ""},
		{"memory", `var a = []; for (;;) { a.push(new Array(10000).fill(1)) }`, runs.Memory, ""},
		{"recursion", `function f() { return f() + 1 } return f()`, runs.Threw, "stack overflow"},
		{"too large", `return new Array(300000).join('x')`, runs.TooLarge, ""},
		{"cyclic", `var a = {}; a.a = a; return a`, runs.Threw, "circular"},
	} {
		t.Run(c.name, func(t *testing.T) {
			limits := long
			if c.status == runs.Memory {
				limits.Deadline = runs.MaxDeadline // a busy machine fills memory slowly
			}
			start := time.Now()
			a := run(t, p, c.js, limits)
			took := time.Since(start)
			said := string(a.Body)
			if a.Error != nil {
				said = a.Error.Message
			}
			if a.Outcome != c.status || !strings.Contains(said, c.body) {
				t.Errorf("got %s %s, want %s %s", a.Outcome, said, c.status, c.body)
			}
			if c.status == runs.Timeout && took > long.Deadline+time.Second {
				t.Errorf("took %v, want at most a second more than the deadline of %v", took, long.Deadline)
			}
			t.Logf("%v", took)
			if next := run(t, p, `return 'next'`, long); string(next.Body) != `{"json":"next"}` {
				t.Errorf("the next run got %s %s, want next", next.Outcome, next.Body)
			}
		})
	}
}

func TestNothingSurvivesARun(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, js := range []string{
		`leak = 1; this.leak2 = 1; return 0`, `Object.prototype.module = 'hangup'; return 0`,
		`JSON.parse = null; Array.prototype.push = null; return 0`, `Function = null; return 0`,
	} {
		run(t, p, js, sandbox.Limits{})
	}
	a := run(t, p, `return [typeof leak, typeof leak2, typeof ({}).module, typeof JSON.parse, typeof [].push, typeof `+
		`Function]`, sandbox.Limits{})
	if want := `{"json":["undefined","undefined","undefined","function","function","function"]}`; string(a.Body) != want {
		t.Errorf("got %s, want %s", a.Body, want)
	}
}

// Worlds begin alike, and must not draw alike: a function that sends every tenth call elsewhere would send all or none.
func TestEveryRunDrawsItsOwnNumbers(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	drawn := map[string]bool{}
	for range 5 {
		drawn[string(run(t, p, `return Math.random()`, sandbox.Limits{}).Body)] = true
	}
	if len(drawn) != 5 {
		t.Errorf("five runs drew %v, want five numbers", drawn)
	}
}

func TestLogs(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	// A starved machine may not come to answering within the grace period: then the worker is killed, and its logs with
	// it.
	for _, loop := range []string{`for (;;) {}`, `[].indexOf.call({length: 9e15}, 1)`} {
		want, got := []string{`a {"b":1}`, "1"}, []string(nil)
		for try := 0; try < 10 && !slices.Equal(got, want); try++ {
			a := run(t, p, `log('a', {b: 1}); console.log(1); `+loop, sandbox.Limits{Deadline: 100 * time.Millisecond})
			if got = a.Logs; a.Outcome != runs.Timeout {
				t.Fatalf("%s: got %s, want %s", loop, a.Outcome, runs.Timeout)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", loop, got, want)
		}
	}
	want := []string{"ü \ufffd \"\x00\n"}
	if a := run(t, p, `log('ü \ud800 "\u0000\n')`, sandbox.Limits{}); !slices.Equal(a.Logs, want) {
		t.Errorf("got %q, want %q", a.Logs, want)
	}
	if a := run(t, p, `return 1`, sandbox.Limits{}); len(a.Logs) > 0 {
		t.Errorf("a run without logs has %s, want none", a.Logs)
	}
	a := run(t, p, `for (var i = 0; i < 200000; i++) { log('line ' + i) } return 1`, sandbox.Limits{Logs: 1000})
	if text := strings.Join(a.Logs, "\n"); len(text) > 2000 || !strings.HasSuffix(text, "more lines dropped]") {
		t.Errorf("flooded logs: got %d bytes, ending %q; want at most 2000, and the end to say that lines were dropped",
			len(text), text[max(0, len(text)-60):])
	}
}

func TestTimeZones(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for zone, want := range map[string]string{
		"":                    `{"json":[0,0]}`,
		"UTC":                 `{"json":[0,0]}`,
		"Europe/Berlin":       `{"json":[-60,-120]}`,
		"America/Los_Angeles": `{"json":[480,420]}`,
		"Australia/Sydney":    `{"json":[-660,-600]}`,
		"Asia/Kolkata":        `{"json":[-330,-330]}`,
		"America/St_Johns":    `{"json":[210,150]}`,
	} {
		a, err := p.Do(context.Background(), sandbox.Job{
			Kind: sandbox.KindShow, Run: "tz", Source: show, Req: json.RawMessage(`{}`), TimeZone: zone,
			Doc: doc(`var y = new Date().getFullYear(); return [new Date(y, 0, 15).getTimezoneOffset(), new Date(y, 6, ` +
				`15).getTimezoneOffset()]`),
		})
		if err != nil || string(a.Body) != want {
			t.Errorf("%s: got %s %v, want %s", zone, a.Body, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, c := range []struct {
		body         string
		line, column int // 0: it parses
	}{
		{"return {a: 1};", 0, 0},
		{"", 0, 0},
		{"if (call.To) { return 1 } // no newline at the end", 0, 0},
		{"var f = function () { return {}; }; return f()", 0, 0},
		{"a ??= 1; class A { #x }", 0, 0},
		{"return {", 1, 9},
		{"\n\nvar x = ;", 3, 9},
		{"/* open", 1, 0},
		{"}); hit = 1; (function () {", 1, 2},
		{"}, hit = 1, function () {", 1, 2},
		{"}, hit, function () {", 1, 2},
		{"} + (hit = 1) + function () {", 1, 0},
		{"}; hit = 1; function g() {", 1, 0},
		{"}}); hit = 1; ({f(call){", 1, 2},
		{"} function g() {", 1, 0},
		{"`", 1, 0},
		{strings.Repeat("(", 20000), 1, 0},
		{strings.Repeat("{", 30000), 1, 0},
	} {
		name := c.body
		if len(name) > 30 {
			name = name[:30]
		}
		t.Run(name, func(t *testing.T) {
			a, err := p.Do(context.Background(), sandbox.Job{Kind: sandbox.KindParse, Run: "p", Source: c.body})
			if err != nil {
				t.Fatal(err)
			}
			if c.line == 0 {
				if a.Outcome != runs.OK {
					t.Errorf("got %s %s, want it to parse", a.Outcome, a.Body)
				}
				return
			}
			f := a.Error
			if a.Outcome != runs.Syntax || f == nil {
				t.Fatalf("got %s %s, want %s and why", a.Outcome, a.Body, runs.Syntax)
			}
			if f.Line != c.line || c.column != 0 && f.Column != c.column {
				t.Errorf("got %+v, want line %d column %d", f, c.line, c.column)
			}
			t.Log(f)
		})
	}
}

func TestMap(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	a, err := p.Do(context.Background(), sandbox.Job{
		Kind: sandbox.KindMap, Run: "m", Source: `["function(d){emit(d.k,null); emit([d.k,1])}",` +
			`"function(d){emit(d.nope.x)}"]`,
		Doc: json.RawMessage(`[{"k":1},{"k":"é"}]`),
	})
	if want := `[[[[1,null],[[1,1],null]],[]],[[["é",null],[["é",1],null]],[]]]`; err != nil || string(a.Body) != want {
		t.Errorf("got %s %s %v, want %s", a.Outcome, a.Body, err, want)
	}
}
