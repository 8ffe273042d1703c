package crossbar_test

import (
	"strings"
	"testing"

	"callfn/callflow"
	"callfn/crossbar"
)

// "What happens on Christmas Eve at 18:05 when nobody answers?" is one request, with documents made through the API.
func TestRehearsalWithAScript(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) {
		c.Simulator = &callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Stored{Datastores: c.Datastores}}}
	})
	self := s.tenant(t, s.master, "self")
	put := func(resource, data string) string {
		return s.must(t, 201, "PUT", self.path("/"+resource), self.token, `{"data":`+data+`}`).id()
	}
	xmas := put("temporal_rules", `{"name":"Christmas","cycle":"yearly","month":12,"days":[24,25,26]}`)
	set := put("temporal_rules_sets", `{"name":"Holidays","temporal_rules":["`+xmas+`"]}`)
	menu := put("menus", `{"name":"Main","hunt":false}`)
	owner := strings.Repeat("b", 32)
	device := put("devices", `{"name":"Desk","owner_id":"`+owner+`"}`)
	put("callflows", `{"numbers":["1000"],"flow":{"module":"temporal_route","data":{"rules":["`+set+`"]},"children":{"`+
		set+`":
		{"module":"menu","data":{"id":"`+menu+`"},"children":{
		"1":{"module":"user","data":{"id":"`+owner+`"},"children":{
		"_":{"module":"voicemail","data":{"id":"`+strings.Repeat("c", 32)+`"}}}}}}}}}`)

	r := s.must(t, 201, "PUT", self.path("/simulations"), self.token, `{"data":{"To":"1000",
		"script":{"now":"2026-12-24T18:05","timezone":"Europe/Berlin","digits":[{"digits":"1"}],
		"answers":{"user":"none","device":"none"}}}}`)
	for _, want := range []string{
		"rule Christmas holds", "pressed 1", "nobody answered: NO_ANSWER", "device:" + device,
		"a message of",
	} {
		if !strings.Contains(r.raw, want) {
			t.Errorf("the trace does not say %q: %s", want, r.raw)
		}
	}
	preflow := put("callflows", `{"numbers":["preflow"],"flow":{"module":"tts","data":{"text":"This call may be `+
		`recorded"}}}`)
	s.must(t, 200, "PATCH", self.path(""), self.token, `{"data":{"preflow":{"always":"`+preflow+`"}}}`)
	if r := s.must(t, 201, "PUT", self.path("/simulations"), self.token,
		`{"data":{"To":"1000"}}`); !strings.Contains(r.raw, "This call may be recorded") ||
		!strings.Contains(r.raw, "no rule holds") {
		t.Errorf("a call with a preflow: got %s, want its greeting and that no rule holds", r.raw)
	}
	bad := s.must(t, 400, "PUT", self.path("/simulations"), self.token, `{"data":{"To":"1000","script":{"now":"soon"}}}`)
	if bad.data()["script.now"] == nil {
		t.Errorf("a wrong moment: got %s, want script.now refused", bad.raw)
	}
	s.must(t, 400, "PUT", self.path("/simulations"), self.token, `{"data":{"To":"1000","script":"none"}}`)
}

func TestDocumentsBehindModules(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	for _, c := range []struct{ resource, data, field string }{
		{"menus", `{"name":"m","hunt_allow":"("}`, "hunt_allow"},
		{"menus", `{"name":"m","retries":11}`, "retries"},
		{"menus", `{}`, "name"},
		{"lists", `{"name":"l","entries":{"a":{"regexp":"("}}}`, "entries.a.regexp"},
		{"temporal_rules", `{"name":"r","cycle":"hourly"}`, "cycle"},
		{"temporal_rules", `{"name":"r","cycle":"monthly","wdays":["monday","friday"]}`, "wdays"},
		{"temporal_rules_sets", `{"name":"s","temporal_rules":[]}`, "temporal_rules"},
		{"devices", `{"name":"d","sip":{"invite_format":"pigeon"}}`, "sip.invite_format"},
	} {
		r := s.must(t, 400, "PUT", self.path("/"+c.resource), self.token, `{"data":`+c.data+`}`)
		if r.data()[c.field] == nil {
			t.Errorf("%s %s: want %s in %s", c.resource, c.data, c.field, r.raw)
		}
	}
	id := s.must(t, 201, "PUT", self.path("/menus"), self.token, `{"data":{"name":"Main"}}`).id()
	if r := s.must(t, 200, "GET", self.path("/menus"), self.token, ""); !strings.Contains(r.raw, `"name":"Main"`) ||
		!strings.Contains(r.raw, id) {
		t.Errorf("the listing: got %s, want the menu Main with id %s", r.raw, id)
	}
	if r := s.must(t, 200, "GET", self.path("/devices"), self.token, ""); strings.Contains(r.raw, id) {
		t.Errorf("the devices: got %s, want no menu among them", r.raw)
	}
	s.must(t, 404, "GET", self.path("/devices/"+id), self.token, "")
}

// A misspelt key is stored, as in KAZOO, with a warning.
func TestMisspeltKeysAreWarnings(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	r := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
		`{"data":{"numbers":["1000"],"flow":{"module":"tts","data":{"text":"hi","voise":"male"},"childen":{}}}}`)
	warnings, _ := r.env["warnings"].(map[string]any)
	for _, path := range []string{"flow.data.voise", "flow.childen"} {
		if warnings[path] == nil {
			t.Errorf("got %s, want a warning at %s", r.raw, path)
		}
	}
}
