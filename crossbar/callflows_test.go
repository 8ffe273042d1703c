package crossbar_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func flowBody(numbers, patterns string) string {
	return fmt.Sprintf(`{"data":{"name":"main","numbers":[%s],"patterns":[%s],"flow":{"module":"function",`+
		`"data":{"id":"x"},"children":{"_":{"module":"tts","data":{"text":"hi"}}}}}}`, numbers, patterns)
}

func TestCallflowListing(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	r := s.must(t, 201, "PUT", a.path("/callflows"), a.token, flowBody(`"1000","4158867900"`, `"^9(.*)$"`))
	if diff := cmp.Diff([]any{"1000", "+14158867900"}, r.at("data", "numbers")); diff != "" {
		t.Errorf("numbers are stored as calls are looked up (-want +got):\n%s", diff)
	}
	if got := r.at("data", "flow", "children", "_", "data", "voice"); got != "female" {
		t.Errorf("a default of module tts: got voice %v, want female", got)
	}
	list := s.must(t, 200, "GET", a.path("/callflows"), a.token, "")
	want := []any{map[string]any{
		"id": r.id(), "name": "main", "numbers": []any{"1000", "+14158867900"},
		"patterns":    []any{"^9(.*)$"},
		"featurecode": false, "modules": []any{"function", "tts"}, "flags": []any{},
		"modified": float64(s.clock.Now().Unix() + 62167219200),
	}}
	if diff := cmp.Diff(want, list.items()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestCallflowRules(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "a"), s.tenant(t, s.master, "b")
	list := a.path("/callflows")
	first := s.must(t, 201, "PUT", list, a.token, flowBody(`"1000","4158867900"`, `"^9"`))
	// another account may have the same numbers
	s.must(t, 201, "PUT", b.path("/callflows"), b.token, flowBody(`"1000"`, `"^9"`))
	for _, tc := range []struct{ name, body, at string }{
		{"a number twice", flowBody(`"1000"`, ``), "numbers unique cause"},
		{"a number twice, spelt otherwise", flowBody(`"+14158867900"`, ``), "numbers unique cause"},
		{"a pattern twice", flowBody(`"1001"`, `"^9"`), "patterns unique message"},
		{"a broken pattern", flowBody(``, `"^9","("`), "patterns.1 invalid message"},
		{"neither number nor pattern", flowBody(``, ``), "numbers required message"},
		{"no numbers of text", `{"data":{"numbers":[{},{}],"flow":{"module":"hangup","data":{}}}}`, "numbers.0 type"},
		{"numbers of text", `{"data":{"numbers":"1000","flow":{"module":"hangup","data":{}}}}`, "numbers type"},
		{"no such module", `{"data":{"numbers":["1"],"flow":{"module":"teleport","data":{}}}}`, ""},
		{"wrong data deep down", `{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{},` +
			`"children":{"_":{"module":"tts","data":{}}}}}}`, "flow.children._.data.text required"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := s.dump(t)
			r := s.do(t, "PUT", list, a.token, tc.body)
			if r.status != 400 || (tc.at != "" && r.at(append([]string{"data"}, strings.Fields(tc.at)...)...) == nil) {
				t.Errorf("got %d %s, want 400 at %q", r.status, r.raw, tc.at)
			}
			if s.dump(t) != before {
				t.Error("got something stored, want nothing")
			}
		})
	}
	item := list + "/" + first.id()
	s.must(t, 200, "POST", item, a.token, flowBody(`"1000"`, `"^9"`)) // a callflow may keep its own numbers
	s.must(t, 200, "DELETE", item, a.token, "")
	s.must(t, 201, "PUT", list, a.token, flowBody(`"1000"`, `"^9"`)) // the numbers of a deleted callflow are free
}

func TestNumbersAreUniqueUnderLoad(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for range 12 {
		wg.Go(func() {
			r := s.do(t, "PUT", a.path("/callflows"), a.token, flowBody(`"1000"`, ``))
			mu.Lock()
			defer mu.Unlock()
			codes[r.status]++
		})
	}
	wg.Wait()
	if codes[201] != 1 || codes[400] != 11 {
		t.Errorf("statuses: got %v, want 201 once and 400 eleven times", codes)
	}
}
