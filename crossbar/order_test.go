package crossbar_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/jsonvalue/jsonvaluetest"
)

// shown takes what an answer shows of a document: the names of its members and the member `custom`, as text.
func shown(t interface{ Fatal(...any) }, answer string) (names []string, custom json.RawMessage) {
	var envelope struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(answer), &envelope); err != nil {
		t.Fatal(err)
	}
	names = memberNames(t, envelope.Data)
	var data struct{ Custom json.RawMessage }
	if err := json.Unmarshal(envelope.Data, &data); err != nil {
		t.Fatal(err)
	}
	return names, data.Custom
}

// memberNames lists the members of an object in the order of its text.
func memberNames(t interface{ Fatal(...any) }, text []byte) (names []string) {
	dec := json.NewDecoder(strings.NewReader(string(text)))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
	}
	return names
}

func sameTokens(t interface{ Fatal(...any) }, what string, got, want []byte) {
	g, err := jsonvaluetest.Tokens(got)
	if err != nil {
		t.Fatal(what, err, string(got))
	}
	w, err := jsonvaluetest.Tokens(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Fatal(fmt.Sprintf("%s: want the members of %s in that order, got %s (-want +got):\n%s", what, want, got, diff))
	}
}

// Every kind of document keeps the order of its members through every verb.
func TestMembersKeepTheirOrder(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for resource, required := range map[string]string{
		"/functions":           `"name":"f","function_js":"x"`,
		"/callflows":           `"numbers":["1000"],"flow":{"module":"hangup"}`,
		"/users":               `"last_name":"L","first_name":"F"`,
		"/menus":               `"name":"m"`,
		"/devices":             `"name":"d"`,
		"/lists":               `"name":"l"`,
		"/temporal_rules":      `"name":"r","cycle":"daily"`,
		"/temporal_rules_sets": `"name":"s"`,
		"":                     `"name":"a child account"`,
	} {
		t.Run(resource, func(t *testing.T) {
			body := func(custom, after string) string {
				return `{"data":{"zeta":1,"custom":` + custom + `,` + required + `,"alpha":2` + after + `}}`
			}
			wanted := memberNames(t, []byte(`{"zeta":1,"custom":1,`+required+`,"alpha":2}`))
			first := `{"z":{"q":1,"b":[{"y":1,"x":2}]},"m":"","a":{}}`
			put := s.must(t, 201, "PUT", a.path(resource), a.token, body(first, ""))
			item := a.path(resource) + "/" + put.id()
			if resource == "" {
				item = "/v2/accounts/" + put.id()
			}
			look := func(what, answer, custom string, wanted ...string) {
				t.Helper()
				names, got := shown(t, answer)
				sameTokens(t, what, got, []byte(custom))
				if names = names[:min(len(names), len(wanted))]; !slices.Equal(names, wanted) {
					t.Errorf("%s: want members %v first, got %v", what, wanted, names)
				}
			}
			look("PUT", put.raw, first, wanted...)
			look("GET", s.must(t, 200, "GET", item, a.token, "").raw, first, wanted...)
			second := `{"a":[],"z":{"b":[{"x":1,"y":2}],"q":1},"m":""}`
			look("POST", s.must(t, 200, "POST", item, a.token, body(second, `,"last":0`)).raw, second, append(wanted, "last")...)
			patch := s.must(t, 200, "PATCH", item, a.token, `{"data":{"new":0,"zeta":3,"custom":{"n":1,"z":{"a":2,"q":3},"m":null}}}`)
			patched := `{"a":[],"z":{"b":[{"x":1,"y":2}],"q":3,"a":2},"n":1}`
			look("PATCH", patch.raw, patched, append(wanted, "last")...)
			names, got := shown(t, s.must(t, 200, "GET", item, a.token, "").raw)
			sameTokens(t, "GET after PATCH", got, []byte(patched))
			if slices.Index(names, "new") < slices.Index(names, "last") {
				t.Errorf("PATCH: a new member comes after those that were there, got %v", names)
			}
		})
	}
}

// Any object keeps its order, in a callflow's node too, and beside the defaults that schemas add.
func TestAnyObjectKeepsItsOrder(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	callflow := s.must(t, 201, "PUT", a.path("/callflows"), a.token, flowBody(`"1000"`, ``))
	item := a.path("/callflows/" + callflow.id())
	rapid.Check(t, func(rt *rapid.T) {
		text := jsonvaluetest.Text(2).Draw(rt, "text")
		body := `{"data":{"flow":{"module":"tts","data":{"zeta":` + text + `,"text":"hi"}},"custom":` + text + `,"numbers":["1000"]}}`
		for _, verb := range []string{"POST", "GET"} {
			r := s.do(t, verb, item, a.token, map[string]string{"POST": body}[verb])
			if r.status != 200 {
				rt.Fatal(verb, body, r.status, r.raw)
			}
			_, custom := shown(rt, r.raw)
			sameTokens(rt, verb, custom, []byte(text))
			var data struct {
				Data struct {
					Flow struct{ Data json.RawMessage }
				}
			}
			if err := json.Unmarshal([]byte(r.raw), &data); err != nil {
				rt.Fatal(err)
			}
			if names := memberNames(rt, data.Data.Flow.Data); names[0] != "zeta" || names[1] != "text" || !slices.IsSorted(names[2:]) {
				rt.Fatal(fmt.Sprintf("%s: want zeta and text before the defaults of tts, got %v", verb, names))
			}
		}
	})
}

// Test cases keep the order of what they expect, alone and in their listing.
func TestCasesKeepTheirOrder(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	cases := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id() + "/tests")
	const flow = `{"module":"temporal_route","children":{"z":{"module":"tts"},"a":{"module":"play"}},"data":{}}`
	put := s.must(t, 201, "PUT", cases, a.token, `{"data":{"name":"t","expected":{"outcome":"ok","flow":`+flow+`},"call":{"To":"1000","From":"2"}}}`)
	for what, answer := range map[string]string{
		"PUT": put.raw, "GET": s.must(t, 200, "GET", cases+"/"+put.id(), a.token, "").raw,
		"PATCH":   s.must(t, 200, "PATCH", cases+"/"+put.id(), a.token, `{"data":{"name":"u"}}`).raw,
		"listing": s.must(t, 200, "GET", cases, a.token, "").raw,
	} {
		if !strings.Contains(answer, `"flow":`+flow) || !strings.Contains(answer, `{"To":"1000","From":"2"}`) {
			t.Errorf("%s: want call and flow as they were written, got %s", what, answer)
		}
	}
}

// A storage plan keeps its order, with the envelope and without, which KAZOO's documentation forgets.
func TestAStoragePlanKeepsItsOrder(t *testing.T) {
	s := newStack(t)
	const path = "/v2/storage"
	token := s.login(t, masterKey)
	const plan = `"plan":{"modb":{"types":{"z":{},"a":{}}},"account":{"types":{"y":{},"b":{}}}}`
	look := func(what string, r reply) {
		t.Helper()
		if !strings.Contains(r.raw, `"types":{"z":{},"a":{}}`) || !strings.Contains(r.raw, `"types":{"y":{},"b":{}}`) {
			t.Errorf("%s: want the members of %s in that order, got %s", what, plan, r.raw)
		}
	}
	look("PUT", s.must(t, 201, "PUT", path, token, `{`+plan+`}`))
	look("GET", s.must(t, 200, "GET", path, token, ""))
	look("PATCH", s.must(t, 200, "PATCH", path, token, `{"data":{"attachments":{}}}`))
	look("POST", s.must(t, 200, "POST", path, token, `{"data":{`+plan+`}}`))
	look("dry run", s.must(t, 200, "POST", path+"?dry_run=true", token, `{"data":{`+plan+`}}`))
}
