package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"callfn/internal/runs"
)

// minified returns a function body of about the given number of bytes that compiles to many times its length. A call
// runs little of it.
func minified(size int) string {
	var b strings.Builder
	b.WriteString("var t={};if(call.never){")
	for i := 0; b.Len() < size-60; i++ {
		fmt.Fprintf(&b, "t.a%d=a+b(c)*d;", i%10)
	}
	b.WriteString("}return {module:'hangup',data:{}};")
	return b.String()
}

// asked is a show that runs the document's function as `wh` does: it compiles the text if there is no code yet.
const asked = `function (doc, req, engine) {
	if (engine.checked === undefined || engine.made === undefined) { return {json: 'not compiled ahead'}; }
	return {json: engine.made(log, console, JSON)({})};
}`

func runJob(t testing.TB, body string) Job {
	t.Helper()
	doc, err := json.Marshal(map[string]string{"function_js": body})
	if err != nil {
		t.Fatal(err)
	}
	return Job{Kind: KindShow, Source: asked, Doc: doc, Req: []byte(`{"query":{},"form":{}}`), Limits: DefaultLimits()}
}

const hangup = `{"json":{"module":"hangup","data":{}}}`

// A text is parsed at its first run and not again, however long it is, up to the longest that --source-limit-kib
// allows.
func TestTextsAreParsedOnce(t *testing.T) {
	for _, sizes := range [][]int{{1 << 10, 52 << 10, 58 << 10, 61 << 10, 64 << 10}, {
		64 << 10, 128 << 10, 129 << 10,
		512 << 10,
	}, {1 << 20, 1000 << 10, 1 << 10}} {
		r, err := newRealm()
		if err != nil {
			t.Fatal(err)
		}
		for round := range 4 {
			for _, size := range sizes {
				job := runJob(t, minified(size))
				job.Limits.Deadline = runs.MaxDeadline
				if a := r.run(job, nil); a.outcome != runs.OK || string(a.body) != hangup {
					t.Fatalf("round %d, a text of %d bytes: got %s %s, want %s %s", round, size, a.outcome, a.body, runs.OK, hangup)
				}
				r.tidy()
			}
			if r.parsed != len(sizes) {
				t.Errorf("round %d: texts of %d bytes were parsed %d times, want each once: %d", round, sizes, r.parsed, len(sizes))
			}
		}
		r.close()
	}
}

// A text that is no function body is parsed only once, too.
func TestNoBodyIsParsedOnce(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	texts := []string{
		"return {", "}, hit = 1, function () {", "}, hit, function () {", "}; hit = 1; function g() {",
		"} + (hit = 1) + function () {", "}) }); hit = 1; (function () { (function () {",
		"}\n}, hit, function () { return function () {", "/* open", "}//", "};//", "} }) //", "}\n})\n//", "`",
		strings.Repeat("(", 20_000),
	}
	for range 3 {
		for _, text := range texts {
			if a := r.run(runJob(t, text), nil); string(a.body) != `{"json":"not compiled ahead"}` {
				t.Errorf("%.40q: got %s %s, want it to be no function body", text, a.outcome, a.body)
			}
			r.tidy()
		}
	}
	deep := 1 // the last is given up before it is parsed: the next time it may be otherwise
	if want := len(texts) + 2*deep; r.parsed > want {
		t.Errorf("%d texts were parsed %d times, want at most %d", len(texts), r.parsed, want)
	}
}

// What is remembered is bounded, by what the largest texts need; what was not asked for the longest goes first.
func TestBodiesAreBounded(t *testing.T) {
	var b bodies
	add := func(name string, size int) { b.add(&body{text: name + strings.Repeat("x", size-len(name)), is: true}) }
	const mib = 1 << 20
	for i := range 100 {
		add(fmt.Sprint("small ", i), mib/2)
		b.find([]byte("small 0" + strings.Repeat("x", mib/2-7)))
	}
	if b.bytes > leastKnown || len(b.known) != leastKnown/(mib/2) {
		t.Errorf("%d bytes of %d texts are remembered, want %d of %d", b.bytes, len(b.known), leastKnown, leastKnown/(mib/2))
	}
	if b.find([]byte("small 0"+strings.Repeat("x", mib/2-7))) == nil {
		t.Error("a text that is asked for all the time is forgotten, want others to be")
	}
	for i := range 10 {
		add(fmt.Sprint("large ", i), 20*mib)
	}
	if want := kept * 20 * mib; b.bytes > want || b.bytes < want-20*mib {
		t.Errorf("%d bytes are remembered, want %d and no text less than fits", b.bytes, want)
	}
	b.add(&body{text: strings.Repeat("y", 10*mib), is: true, code: make([]byte, 40*mib)})
	if got := b.find([]byte(strings.Repeat("y", 10*mib))); got == nil || !got.is || got.code != nil {
		t.Errorf("of a text with very much code something is remembered: %v; want its verdict, without the code", got != nil)
	}
	add("far too large", mostKnown)
	if b.bytes > mostKnown {
		t.Errorf("%d bytes are remembered, want at most %d", b.bytes, mostKnown)
	}
}

// manyFunctions is a function body of about so many bytes that is nearly all functions, which a call does not call.
func manyFunctions(size int) string {
	return "if(globalThis.ran){return 'ran before'}globalThis.ran=1;if(call.never){f=[" + strings.Repeat("()=>1,",
		size/6) + "]}return {module:'hangup',data:{}};"
}

// What a long text was compiled to is loaded for its first runs, and then kept in a world that runs begin in; as many
// of those as there is room for. Every run's world is new all the same.
func TestLongTextsAreKeptLoaded(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	const small = "return {module:'hangup',data:{}};"
	run := func(text string) {
		t.Helper()
		job := runJob(t, text)
		job.Limits.Deadline = runs.MaxDeadline
		if a := r.run(job, nil); a.outcome != runs.OK || string(a.body) != hangup {
			t.Fatalf("a text of %d bytes: got %s %s, want %s %s", len(text), a.outcome, a.body, runs.OK, hangup)
		}
		r.tidy()
	}
	long := manyFunctions(61 << 10)
	for range 3 * oftenRun {
		run(long)
		run(small)
		run(long)
	}
	if r.loads != 1 {
		t.Errorf("worlds were made %d times for a long text, want once, and never for a short one", r.loads)
	}
	if got := r.bodies.find([]byte(long)); got == nil || got.ready == nil || r.bodies.ready != got.ready.image.Size() {
		t.Errorf("%d bytes of worlds are kept, want those of the long text", r.bodies.ready)
	}

	others := make([]string, 20)
	for i := range others {
		others[i] = manyFunctions(61<<10) + fmt.Sprint("//", i)
	}
	for range 2 * oftenRun {
		for _, text := range others {
			run(text)
		}
	}
	kept, bytes := 0, 0
	for _, b := range r.bodies.known {
		if b.ready != nil {
			kept, bytes = kept+1, bytes+b.ready.image.Size()
		}
	}
	if kept == 0 || bytes != r.bodies.ready || bytes > mostReady {
		t.Errorf("%d worlds of %d bytes are kept, %d by the book; want as many as fit in %d", kept, bytes, r.bodies.ready,
			mostReady)
	}
}

// BenchmarkLongTexts is a run of functions that do the same, in texts of different lengths.
func BenchmarkLongTexts(b *testing.B) {
	for _, kib := range []int{1, 16, 52, 61, 64, 256, 1024} {
		b.Run(fmt.Sprint(kib), func(b *testing.B) { benchmarkText(b, minified(kib<<10)) })
		b.Run(fmt.Sprint("functions/", kib), func(b *testing.B) { benchmarkText(b, manyFunctions(kib<<10)) })
	}
}

func benchmarkText(b *testing.B, text string) {
	r, err := newRealm()
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	job := runJob(b, text)
	job.Limits.Deadline = runs.MaxDeadline
	for range oftenRun {
		r.run(job, nil)
		r.tidy()
	}
	for b.Loop() {
		if a := r.run(job, nil); string(a.body) != hangup {
			b.Fatalf("got %+v, want %s", a, hangup)
		}
		r.tidy()
	}
	b.ReportMetric(float64(r.bodies.bytes+r.bodies.ready), "B/kept")
}
