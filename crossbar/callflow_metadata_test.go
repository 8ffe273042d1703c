package crossbar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A GET of a callflow has the names of everything that its flow refers to, as KAZOO's user interfaces want them.
func TestCallflowMetadata(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	put := func(of tenant, resource, content string) string {
		return s.must(t, 201, "PUT", of.path("/"+resource), of.token, `{"data":`+content+`}`).id()
	}
	ann := put(a, "users", `{"first_name":"Ann","last_name":"B"}`)
	menu := put(a, "menus", `{"name":"main menu"}`)
	device := put(a, "devices", `{"name":"desk"}`)
	rule := put(a, "temporal_rules", `{"name":"lunch","cycle":"daily"}`)
	function := put(a, "functions", `{"name":"fun day","function_js":"return 1"}`)
	target := put(a, "callflows", `{"name":"night","numbers":["2000"],"flow":{"module":"hangup","data":{}}}`)
	gone := put(a, "menus", `{"name":"gone"}`)
	s.must(t, 200, "DELETE", a.path("/menus/"+gone), a.token, "")
	foreign := put(b, "menus", `{"name":"secret menu"}`)
	flow := `{"module":"user","data":{"id":"` + ann + `","fallback_menu_id":"` + menu +
		`"},"children":{"_":{"module":"temporal_route","data":{},"children":{
		"` + rule + `":{"module":"device","data":{"id":"` + device + `"},"children":{
			"_":{"module":"function","data":{"id":"` + function + `"}}}},
		"_":{"module":"callflow","data":{"id":"` + target + `"},"children":{
			"_":{"module":"menu","data":{"id":"` + gone + `"},"children":{
			"1":{"module":"menu","data":{"id":"` + foreign + `"}},"10":{"module":"tts","data":{"text":"` + menu + `"}}}}}}}}}}`
	item := a.path("/callflows/" + put(a, "callflows", `{"numbers":["1000"],"flow":`+flow+`}`))
	r := s.must(t, 200, "GET", item, a.token, "")
	want := map[string]any{
		ann:      map[string]any{"name": "Ann B", "pvt_type": "user"},
		menu:     map[string]any{"name": "main menu", "pvt_type": "menu"},
		rule:     map[string]any{"name": "lunch", "pvt_type": "temporal_rule"},
		device:   map[string]any{"name": "desk", "pvt_type": "device"},
		function: map[string]any{"name": "fun day", "pvt_type": "function"},
		target:   map[string]any{"name": "night", "numbers": []any{"2000"}, "pvt_type": "callflow"},
	}
	if diff := cmp.Diff(any(want), r.at("data", "metadata")); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	// Metadata from a client is not stored, and a flow without references has empty metadata.
	s.must(t, 200, "PATCH", item, a.token, `{"data":{"metadata":{"x":{"name":"mine"}},"flow":null,"numbers":["1001"]}}`)
	if r := s.must(t, 200, "GET", item, a.token, ""); cmp.Diff(any(map[string]any{}), r.at("data", "metadata")) != "" ||
		strings.Contains(s.dump(t), "mine") {
		t.Errorf("without references: got %s, want empty metadata, and none stored", r.raw)
	}
}
