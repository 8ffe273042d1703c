package schemas_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/schemas"
)

// chain is a flow of n nodes, each a child of the previous one.
func chain(n int) map[string]any {
	flow := map[string]any{"module": "noop"}
	for range n - 1 {
		flow = map[string]any{"module": "noop", "children": map[string]any{"_": flow}}
	}
	return flow
}

func TestDeepFlows(t *testing.T) {
	set := load(t)
	if _, errs := set.Validate("callflows", map[string]any{"flow": chain(64)}); errs != nil {
		t.Errorf("64 nodes deep: got %v, want it valid", errs)
	}
	want := schemas.FieldErrors{"flow" + strings.Repeat(".children._",
		64): {"maxDepth": {"message": "The flow is more than 64 nodes deep", "target": json.Number("64")}}}
	for _, n := range []int{65, 100, 10_000, 1_000_000} {
		value := map[string]any{"flow": chain(n)}
		start := time.Now()
		_, errs := set.Validate("callflows", value)
		took := time.Since(start)
		if diff := cmp.Diff(want, errs); diff != "" {
			t.Errorf("%d nodes deep (-want +got):\n%s", n, diff)
		}
		if took > time.Second {
			t.Errorf("%d nodes deep: took %s, want a second at most", n, took)
		}
	}
}

func TestWideFlows(t *testing.T) {
	set := load(t)
	wide := func(n int) map[string]any {
		children := map[string]any{}
		for i := range n - 1 {
			children[fmt.Sprint(i)] = map[string]any{"module": "noop"}
		}
		return map[string]any{"flow": map[string]any{"module": "noop", "children": children}}
	}
	if _, errs := set.Validate("callflows", wide(1000)); errs != nil {
		t.Errorf("1,000 nodes: got %v, want them valid", errs)
	}
	want := schemas.FieldErrors{"flow": {"maxNodes": {
		"message": "The flow has more than 1000 nodes",
		"target":  json.Number("1000"),
	}}}
	for _, n := range []int{1001, 10_000} {
		_, errs := set.Validate("callflows", wide(n))
		if diff := cmp.Diff(want, errs); diff != "" {
			t.Errorf("%d nodes (-want +got):\n%s", n, diff)
		}
	}
}

func TestOwnLimits(t *testing.T) {
	set := load(t).WithLimits(schemas.Limits{NodeDepth: 3, Nodes: 5, Depth: 9, Values: 50})
	deepData := any("x")
	for range 9 {
		deepData = []any{deepData}
	}
	for name, tt := range map[string]struct {
		value any
		want  string
	}{
		"deep flow": {chain(4), `{"children._.children._.children._":{"maxDepth":{"message":"The flow is more than 3 ` +
			`nodes deep","target":3}}}`},
		"deep data": {
			map[string]any{"module": "noop", "data": map[string]any{"a": deepData}},
			`{"data.a.0.0.0.0.0.0.0":{"maxDepth":{"message":"Value is nested deeper than 9 levels","target":9}}}`,
		},
		"many values": {
			map[string]any{"module": "noop", "x": make([]any, 1_000_000)},
			`{"":{"maxValues":{"message":"There are more than 50 values","target":50}}}`,
		},
		"within all": {chain(3), `null`},
		"deep but other": {map[string]any{"a": deepData}, `{"a.0.0.0.0.0.0.0.0":{"maxDepth":{"message":"Value is nested ` +
			`deeper than 9 levels","target":9}}}`},
	} {
		_, errs := set.Validate("callflows.action", tt.value)
		if diff := cmp.Diff(decode(t, tt.want), decode(t, encode(t, errs))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, errs := load(t).Validate("callflows.action", chain(4)); errs != nil {
		t.Errorf("the set that WithLimits was called on: got %v, want its own limits", errs)
	}
}

func TestNumbers(t *testing.T) {
	set := load(t)
	sleep := func(duration any) map[string]any {
		return map[string]any{"module": "sleep", "data": map[string]any{"duration": duration}}
	}
	for _, n := range []any{
		json.Number("1e1000000"), json.Number("1e-1000000"), json.Number("abc"), json.Number(""),
		math.NaN(), math.Inf(1),
	} {
		if _, errs := set.Validate("callflows.action", sleep(n)); !errs.Has("data.duration", "invalid") {
			t.Errorf("%v: got %v, want data.duration invalid", n, errs)
		}
	}
	for _, n := range []any{
		json.Number("1e400"), "1e400", strings.Repeat("9", 100_000), "1.0e400",
		json.Number(strings.Repeat("9", 399) + ".9"),
	} {
		if _, errs := set.Validate("callflows.action", sleep(n)); errs == nil {
			t.Errorf("%.20v…: got it passed as a duration, want it refused", n)
		}
	}
	// Values from Go code may have Go's numbers.
	for _, n := range []any{5, int64(5), 5.0, 5.2, "5"} {
		out, errs := set.Validate("callflows.action", sleep(n))
		if got := encode(t, out); errs != nil || !strings.Contains(got, `"duration":5,`) {
			t.Errorf("%T %v: got %s %v, want duration 5", n, n, got, errs)
		}
	}
	for _, v := range []any{make(chan int), []string{"a"}, struct{}{}, func() {}} {
		if _, errs := set.Validate("callflows.action", sleep(v)); !errs.Has("data.duration", "invalid") {
			t.Errorf("%T: got %v, want data.duration invalid", v, errs)
		}
	}
}

// All items have the same hash in the schema library, which then compares each pair. It hashes ["a","b"] like
// ["a\x03b"], and so all ways of splitting one text into equally many strings.
func TestUniqueItemsTakesLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time, which the race detector stretches: run this without -short")
	}
	const count, cuts, places = 30_000, 10, 20
	var items []any
	for i := uint(0); len(items) < count; i++ {
		if bits.OnesCount(i) != cuts {
			continue
		}
		var list []any
		part := "x"
		for place := places - 1; place >= 0; place-- { // the difference is last
			if i>>place&1 == 1 {
				list = append(list, part)
				part = "x"
			} else {
				part += "\x03x"
			}
		}
		items = append(items, append(list, part))
	}
	set := compile(t, map[string]string{"test": `{"uniqueItems":true}`}).WithLimits(schemas.Limits{Values: 1_000_000})
	start := time.Now()
	if _, errs := set.Validate("test", items); errs != nil {
		t.Errorf("different items: got %.200s, want them valid", errs)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s, want 5 s at most", took)
	}
	if _, errs := set.Validate("test", append(items, items[17])); !errs.Has("", "uniqueItems") {
		t.Error("the same item twice: got it passed, want uniqueItems")
	}
}

// One set serves concurrent calls, under the race detector.
func TestConcurrentUse(t *testing.T) {
	set := load(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				flow := decode(t, `{"module":"tts","data":{"text":"hi"},"children":{"_":{"module":"sleep",`+
					`"data":{"duration":"5"}},"x":{"module":"nope","data":{}}}}`)
				if i%2 == 0 {
					delete(flow.(map[string]any)["children"].(map[string]any), "x")
				}
				_, errs := set.Validate("callflows.action", flow)
				if (errs == nil) != (i%2 == 0) {
					t.Errorf("value %d: got %v, want it valid: %v", i, errs, i%2 == 0)
				}
				set.Warnings("callflows.action", flow)
			}
		})
	}
	wg.Wait()
}

// Results share nothing with the schemas: changing defaults and targets in them affects nobody else.
func TestResultsAreTheCallers(t *testing.T) {
	set := load(t)
	flow := map[string]any{"module": "play"}
	first, _ := set.Validate("callflows.action", flow)
	want := encode(t, first)
	first.(map[string]any)["data"].(map[string]any)["terminators"].([]any)[0] = "scribbled"
	again, _ := set.Validate("callflows.action", flow)
	if got := encode(t, again); got != want {
		t.Errorf("the default list: got %s, want %s again", got, want)
	}
	bad := map[string]any{"credentials": "x", "method": "rot13"}
	_, errs := set.Validate("user_auth", bad)
	errs["method"]["enum"]["target"].([]any)[0] = "scribbled"
	_, errs = set.Validate("user_auth", bad)
	if got := encode(t, errs["method"]["enum"]["target"]); got != `["md5","sha"]` {
		t.Errorf("the enum: got %s, want it unchanged", got)
	}
	doc, _ := set.Document("functions")
	doc[0] = 'x'
	if doc, _ := set.Document("functions"); doc[0] != '{' {
		t.Errorf("the document: got %q first, want { again", doc[0])
	}
}

func TestWarningsOnHostileValues(t *testing.T) {
	set := load(t)
	many := map[string]any{}
	for i := range 200 {
		many[fmt.Sprint("k", i)] = map[string]any{"module": "noop", "modul": i, "chidlren": i}
	}
	if n := len(set.Warnings("callflows.action", map[string]any{"module": "noop", "children": many})); n != 50 {
		t.Errorf("%d warnings, want 50", n)
	}
	start := time.Now()
	set.Warnings("callflows.action", chain(1_000_000))
	set.Warnings("callflows.action", map[string]any{strings.Repeat("m", 1<<24): 1})
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %s, want a minute at most", took)
	}
	if found := set.Warnings("no_such", many); found != nil {
		t.Errorf("an unknown schema: got %v, want no warnings", found)
	}
	if found := set.Warnings("callflows.action", "a string"); found != nil {
		t.Errorf("a text: got %v, want no warnings", found)
	}
}

// The deepest permitted value takes little stack. The schema library would take 6 KB at each of its levels, some 3 MB
// here, and every goroutine that validates would keep them.
func TestDeepValuesTakeLittleStack(t *testing.T) {
	set := compile(t, map[string]string{"tree": `{"type":"object","properties":{"x":{"enum":["a"]}},` +
		`"additionalProperties":{"$ref":"tree"}}`})
	value := map[string]any{"x": "a"}
	for range 254 {
		value = map[string]any{"below": value}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // garbage collection would shrink stacks
	done := make(chan uint64)
	go func() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, errs := set.ValidateStrict("tree", value)
		runtime.ReadMemStats(&after)
		if errs != nil {
			t.Errorf("got %v, want it valid", errs)
		}
		done <- after.StackInuse - min(before.StackInuse, after.StackInuse)
	}()
	if grown := <-done; grown > 512<<10 {
		t.Errorf("the stack grew by %d KiB, want 512 at most", grown>>10)
	}
}
