package queryserver

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadRequest(t *testing.T) {
	for req, want := range map[string]Request{
		`{"query":{"a":1},"form":{}}`: {
			names: `["query","form"]`, query: []byte(`{"a":1}`), form: []byte(`{}`),
		},
		` { "x" : [ "}" ] , "form" : null , "query" : "\"," } `: {
			names: `["x","form","query"]`, query: []byte(`"\","`), form: []byte(`null`),
		},
		`{"query":{}}`:                          {},
		`{"form":{}}`:                           {},
		`{}`:                                    {},
		``:                                      {},
		`null`:                                  {},
		`["query","form"]`:                      {},
		`{"query":{},"query":{},"form":{}}`:     {},
		`{"query":{},"form":{},"__proto__":{}}`: {},
		`{"query":{},"form":{},"":1}`:           {},
		`{"query":{},"form":{},"a.b":1}`:        {},
		`{"query":{},"form":{},"\u0071":1}`:     {},
		`{"query":{},"form":{}`:                 {},
		`{"query":{},"form":{}}}`:               {},
		`{"query":{},"form":`:                   {},
		`{"query":{},"form"}`:                   {},
		`{"query":{},"form":"`:                  {},
		`{"query":{},"form":{},}`:               {},
	} {
		got := readRequest([]byte(req))
		if got.names != want.names || string(got.query) != string(want.query) || string(got.form) != string(want.form) {
			t.Errorf("%s: got %q, want %q", req, got, want)
		}
	}
}

// What was cut out is what is there.
func FuzzReadRequest(f *testing.F) {
	for _, req := range []string{
		`{"id":"f","query":{"To":"1"},"headers":{},"form":{},"raw_path":"/f?To=1"}`,
		`{"query":{"a":"}"},"form":{},"x":[{}]}`, `{"query":1,"form":2,"query":3}`,
		` {"form" : "\"" , "query":[] } `,
	} {
		f.Add([]byte(req))
	}
	f.Fuzz(func(t *testing.T, req []byte) {
		c := readRequest(req)
		var all map[string]json.RawMessage
		if json.Unmarshal(req, &all) != nil || c.names == "" {
			return
		}
		var names []string
		if err := json.Unmarshal([]byte(c.names), &names); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if _, there := all[name]; !there {
				t.Errorf("the names have %s, which %q has not, want those of the request", name, req)
			}
			delete(all, name)
			if name == "query" || name == "form" {
				all[name] = nil
			}
		}
		if len(all) != 2 {
			t.Errorf("%q has members that are missing in %s, want all", req, c.names)
		}
		var rest map[string]json.RawMessage
		if err := json.Unmarshal(c.rest, &rest); err != nil {
			t.Fatalf("of %q the rest is %q, want JSON: %v", req, c.rest, err)
		}
		var whole, cut struct{ Query, Form any }
		if json.Unmarshal(req, &whole) != nil {
			return
		}
		if err := json.Unmarshal(fmt.Appendf(nil, `{"query":%s,"form":%s}`, c.query, c.form), &cut); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, cut); diff != "" {
			t.Errorf("cut, want the same (-whole +cut):\n%s", diff)
		}
	})
}
