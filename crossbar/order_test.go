package crossbar_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/internal/jsonvalue/jsonvaluetest"
)

// shown returns what an answer shows of a document: the names of its members and the member `custom`, as text.
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
		t.Fatal(what, ": got ", string(got), ", error ", err, "; want JSON")
	}
	w, err := jsonvaluetest.Tokens(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(jsonvaluetest.Canonical(w), jsonvaluetest.Canonical(g)); diff != "" {
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
			patch := s.must(t, 200, "PATCH", item, a.token, `{"data":{"new":0,"zeta":3,"custom":{"n":1,"z":{"a":2,"q":3},`+
				`"m":null}}}`)
			patched := `{"a":[],"z":{"b":[{"x":1,"y":2}],"q":3,"a":2},"n":1}`
			look("PATCH", patch.raw, patched, append(wanted, "last")...)
			names, got := shown(t, s.must(t, 200, "GET", item, a.token, "").raw)
			sameTokens(t, "GET after PATCH", got, []byte(patched))
			if slices.Index(names, "new") < slices.Index(names, "last") {
				t.Errorf("PATCH: got %v, want the new member behind those that were there", names)
			}
		})
	}
}

// Any object keeps its order, even in a callflow's node and beside defaults from schemas.
func TestAnyObjectKeepsItsOrder(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	stored := s.must(t, 201, "PUT", a.path("/callflows"), a.token, flowBody(`"1000"`, ``))
	item := a.path("/callflows/" + stored.id())
	rapid.Check(t, func(rt *rapid.T) {
		text := jsonvaluetest.Text(2).Draw(rt, "text")
		body := `{"data":{"flow":{"module":"tts","data":{"zeta":` + text + `,"text":"hi"}},"custom":` + text +
			`,"numbers":["1000"]}}`
		for _, verb := range []string{"POST", "GET"} {
			r := s.do(t, verb, item, a.token, map[string]string{"POST": body}[verb])
			if r.status != 200 {
				rt.Fatalf("%s %s: got %d %s, want 200", verb, body, r.status, r.raw)
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
			if names := memberNames(rt, data.Data.Flow.Data); names[0] != "zeta" || names[1] != "text" ||
				!slices.IsSorted(names[2:]) {
				rt.Fatal(fmt.Sprintf("%s: want zeta and text before the defaults of tts, got %v", verb, names))
			}
		}
	})
}

// Every listing shows the members of each item in the same order.
func TestListingsKeepTheirOrder(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", a.path("/functions"), a.token, hello)
	first := func(query string) []string {
		var envelope struct{ Data []json.RawMessage }
		if err := json.Unmarshal([]byte(s.must(t, 200, "GET", a.path("/functions")+query, a.token, "").raw),
			&envelope); err != nil {
			t.Fatal(err)
		}
		return memberNames(t, envelope.Data[0])
	}
	plain, sourced := first(""), first("?include=function_js")
	without := slices.DeleteFunc(slices.Clone(sourced), func(name string) bool {
		return name == "function_js" ||
			name == "id"
	})
	if !slices.Equal(without, slices.DeleteFunc(slices.Clone(plain), func(name string) bool { return name == "id" })) {
		t.Errorf("with the source: want the order of %v, got %v", plain, sourced)
	}
	schema := s.must(t, 200, "GET", "/v2/schemas/functions", a.token, "")
	names, _ := shown(t, schema.raw)
	if slices.IsSorted(names) {
		t.Errorf("schema: want its members as they were written, got %v", names)
	}
}

// Test cases keep the order of their expectations, by themselves and in their listing.
func TestCasesKeepTheirOrder(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	cases := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id() + "/tests")
	const flow = `{"module":"temporal_route","children":{"z":{"module":"tts"},"a":{"module":"play"}},"data":{}}`
	put := s.must(t, 201, "PUT", cases, a.token, `{"data":{"name":"t","expected":{"outcome":"ok","flow":`+flow+
		`},"call":{"To":"1000","From":"2"}}}`)
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

// A storage plan keeps its order, with and without the envelope, which KAZOO's documentation omits.
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

// twoRules creates two rules that hold at half past twelve, and returns the flow that tries lunch before office hours,
// without data.rules.
func twoRules(t *testing.T, s *stack, a tenant) (flow string) {
	rule := func(name string, from, to int) string {
		return s.must(t, 201, "PUT", a.path("/temporal_rules"), a.token, fmt.Sprintf(
			`{"data":{"name":%q,"cycle":"daily","time_window_start":%d,"time_window_stop":%d}}`, name, from, to)).id()
	}
	return `{"module":"temporal_route","data":{},"children":{"` + rule("lunch", 43200, 46800) +
		`":{"module":"tts","data":{"text":"lunch"}},"` +
		rule("office", 32400, 61200) + `":{"module":"tts","data":{"text":"open"}},"_":{"module":"tts",` +
		`"data":{"text":"closed"}}}}`
}

// wantLunch requires that a call to 1000 at half past twelve goes to lunch, and that the trace says why.
func wantLunch(t *testing.T, s *stack, a tenant, how string) {
	t.Helper()
	r := s.must(t, 201, "PUT", a.path("/simulations"), a.token,
		`{"data":{"To":"1000","script":{"now":"2026-12-14T12:30","timezone":"UTC"}}}`)
	steps, _ := r.at("data", "steps").([]any)
	if len(steps) == 0 {
		t.Fatalf("%s: got %s, want steps of the call", how, r.raw)
	}
	last, _ := steps[len(steps)-1].(map[string]any)
	if data, _ := last["data"].(map[string]any); data["text"] != "lunch" ||
		!strings.Contains(r.raw, "that of the children: lunch, office") {
		t.Errorf("%s: want lunch, tried before office, got steps %v", how, steps)
	}
}

// Of two rules that hold, the one whose child was written first wins, not the one with the lower id.
func TestTemporalRoutesTryTheirChildrenInOrder(t *testing.T) {
	for range 6 { // ids are random: each round would find a lost order by chance
		s := newStack(t)
		s.rehearsing(t)
		a := s.tenant(t, s.master, "acme")
		flow := twoRules(t, s, a)
		list := a.path("/callflows")
		item := list + "/" + s.must(t, 201, "PUT", list, a.token, `{"data":{"numbers":["1000"],"flow":`+flow+`}}`).id()
		wantLunch(t, s, a, "PUT")
		s.must(t, 200, "PATCH", item, a.token, `{"data":{"name":"main","flow":{"data":{"timezone":"UTC"}}}}`)
		wantLunch(t, s, a, "PATCH")
		stored := s.must(t, 200, "GET", item, a.token, "")
		var envelope struct{ Data json.RawMessage }
		if err := json.Unmarshal([]byte(stored.raw), &envelope); err != nil {
			t.Fatal(err)
		}
		s.must(t, 200, "POST", item, a.token, `{"data":`+string(envelope.Data)+`}`)
		wantLunch(t, s, a, "POST of what GET answered")

		_, key := s.pivotKey(t, a, "")
		answer := s.do(t, "GET", a.path("/pivot")+"?key="+key+"&To=1000&Request=1000", "", "")
		wantChildren(t, "pivot", answer.raw, flow)

		s.runner.returns = flow
		f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
		s.must(t, 200, "PATCH", item, a.token, `{"data":{"flow":{"module":"function","data":{"id":"`+f+
			`"},"children":null}}}`)
		wantLunch(t, s, a, "function")
		wantChildren(t, "pivot of a function", s.do(t, "GET", a.path("/pivot")+"?key="+key+"&To=1000&Request=1000", "",
			"").raw, flow)
		s.must(t, 200, "PATCH", item, a.token, `{"data":{"flow":{"children":{"_":{"module":"hangup","data":{}}}}}}`)
		hung := s.do(t, "GET", a.path("/pivot")+"?key="+key+"&To=1000&Request=1000", "", "")
		wantChildren(t, "pivot of a function with what follows it", hung.raw, flow)
		draft := s.must(t, 201, "PUT", a.path("/functions/run"), a.token, `{"data":{"function_js":"x"}}`)
		if !strings.Contains(draft.raw, `"flow":`+flow) {
			t.Errorf("run: want the flow as the function wrote it, got %s", draft.raw)
		}
	}
}

func wantChildren(t *testing.T, what, got, want string) {
	t.Helper()
	children := func(text string) []string {
		var flow struct{ Children json.RawMessage }
		if err := json.Unmarshal([]byte(text), &flow); err != nil || flow.Children == nil {
			t.Fatalf("%s: want a flow with children, got %s", what, text)
		}
		return memberNames(t, flow.Children)
	}
	if diff := cmp.Diff(children(want), children(got)); diff != "" {
		t.Errorf("%s: want the children in the order of %s, got %s", what, want, got)
	}
}

// Documents of an earlier version have sorted members. Answers with such a callflow warn of each temporal_route that
// depends on the order, until the rules are listed or written in another order.
func TestLostOrderIsWarnedOf(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	item := a.path("/callflows/") + s.must(t, 201, "PUT", a.path("/callflows"), a.token, flowBody(`"1000"`, ``)).id()
	const (
		sorted = `{"children":{"_":{"data":{},"module":"hangup"},"a":{"data":{"text":"a"},"module":"tts"},` +
			`"b":{"data":{"text":"b"},"module":"tts"}},"data":{},"module":"temporal_route"}`
		other = `{"module":"temporal_route","data":{},"children":{"b":{"module":"hangup","data":{}},` +
			`"a":{"module":"hangup","data":{}}}}`
		listed = `{"module":"temporal_route","data":{"rules":["a","b"]},"children":{"b":{"module":"hangup","data":{}},` +
			`"a":{"module":"hangup","data":{}}}}`
		at = "flow.children.menu.data.rules"
	)
	storeAs := func(flow, more string) {
		t.Helper()
		db, err := s.stores.Resolve(datastore.Callflows, "")
		if err != nil {
			t.Fatal(err)
		}
		id := strings.TrimPrefix(item, a.path("/callflows/"))
		old, err := db.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var doc datastore.Document
		text := fmt.Sprintf(`{"_id":%q,"_rev":%q,"flow":%s,"numbers":["1000"],"pvt_account_id":%q,"pvt_type":"callflow"%s}`,
			id, old.Rev(), flow, a.id, more)
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Save(t.Context(), doc.Ordered(jsonvalue.OrderOf([]byte(text)))); err != nil {
			t.Fatal(err)
		}
	}
	warned := func(r reply) string {
		text, _ := json.Marshal(r.at("warnings"))
		return string(text)
	}
	below := func(flow string) string { return `{"children":{"menu":` + flow + `},"data":{},"module":"menu"}` }
	body := func(flow string) string { return `{"data":{"numbers":["1000"],"flow":` + below(flow) + `}}` }

	storeAs(below(sorted), "")
	for _, r := range []reply{
		s.must(t, 200, "GET", item, a.token, ""), s.must(t, 200, "PATCH", item, a.token, `{"data":{"name":"x"}}`),
		s.must(t, 200, "GET", item, a.token, ""),
		s.must(t, 200, "POST", item, a.token, body(sorted)), s.must(t, 200, "GET", item, a.token, ""),
		s.must(t, 200, "PATCH", item, a.token, `{"data":{"flow":{"children":{"menu":{"children":{"0":{"module":"hangup",`+
			`"data":{}}}}}}}}`),
	} {
		if !strings.Contains(warned(r), at) || !strings.Contains(warned(r), "a, b") || !strings.Contains(warned(r),
			"data.rules in the order") {
			t.Errorf("%s: want a warning at %s that names a and b in this order and what to do, got %s",
				r.env["request_id"], at,
				warned(r))
		}
	}
	for _, flow := range []string{other, listed} {
		storeAs(below(sorted), "")
		for _, r := range []reply{s.must(t, 200, "POST", item, a.token, body(flow)), s.must(t, 200, "GET", item, a.token,
			"")} {
			if strings.Contains(warned(r), at+`"`) {
				t.Errorf("%s: want no warning, got %s", flow, warned(r))
			}
		}
		s.must(t, 200, "PATCH", item, a.token, `{"data":{"name":"y"}}`)
		if r := s.must(t, 200, "GET", item, a.token, ""); strings.Contains(warned(r), at+`"`) {
			t.Errorf("%s after PATCH: want no warning, got %s", flow, warned(r))
		}
	}
	for name, flow := range map[string]string{
		"KAZOO keeps order":                            below(other),
		"KAZOO keeps order, rules happen to be sorted": `{"module":"menu","data":{},"children":{"menu":` + sorted + `}}`,
		"one rule": below(`{"children":{"_":{"data":{},"module":"hangup"},"a":{"data":{},"module":"hangup"}},` +
			`"data":{},"module":"temporal_route"}`),
		"rules are listed": below(strings.Replace(sorted, `"data":{},"module":"temporal_route"`,
			`"data":{"rules":["b","a"]},"module":"temporal_route"`, 1)),
		"another module": below(strings.Replace(sorted, "temporal_route", "menu", 1)),
		"it enables rules": below(strings.Replace(sorted, `"data":{},"module":"temporal_route"`,
			`"data":{"action":"enable"},"module":"temporal_route"`, 1)),
	} {
		storeAs(flow, "")
		if r := s.must(t, 200, "GET", item, a.token, ""); strings.Contains(warned(r), at) {
			t.Errorf("%s: want no warning, got %s", name, warned(r))
		}
	}
	created := s.must(t, 201, "PUT", a.path("/callflows"), a.token, strings.Replace(body(sorted), "1000", "2000", 1))
	if strings.Contains(warned(created), at) || strings.Contains(created.raw, callflow.OrderKept) {
		t.Errorf("what is stored now keeps its order: want no warning and no private field, got %s", created.raw)
	}
	storeAs(below(sorted), `,"`+callflow.OrderKept+`":true`)
	if r := s.must(t, 200, "GET", item, a.token, ""); strings.Contains(warned(r), at) {
		t.Errorf("marked as kept: want no warning, got %s", warned(r))
	}
}

// The callflows of all accounts are searched, page by page.
func TestLostOrderIsFound(t *testing.T) {
	s := newStack(t)
	db, err := s.stores.Resolve(datastore.Callflows, "")
	if err != nil {
		t.Fatal(err)
	}
	const flow = `{"children":{"a":{},"b":{}},"data":{},"module":"temporal_route"}`
	wanted := map[callflow.ID]bool{}
	docs := make([]datastore.Document, 1203)
	for i := range docs {
		id := fmt.Sprintf("%032x", i)
		about := `"pvt_type":"callflow"`
		if i%5 != 0 {
			wanted[callflow.ID(id)] = true
		} else {
			about += `,"pvt_order_kept":true`
		}
		text := fmt.Sprintf(`{"_id":%q,"flow":%s,"numbers":["1"],"pvt_account_id":"%032x",%s}`, id, flow, i%3, about)
		var obj jsonvalue.Object
		if err := json.Unmarshal([]byte(text), &obj); err != nil {
			t.Fatal(err)
		}
		docs[i] = datastore.Document(obj.Members).Ordered(obj.Order)
	}
	if _, err := db.BulkSave(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	found := map[callflow.ID]bool{}
	if err := callflow.FindLostOrder(t.Context(), s.stores, func(u callflow.Unordered) {
		if found[u.ID] {
			t.Errorf("callflow %s: got it twice, want it once", u.ID)
		}
		found[u.ID] = true
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, found); diff != "" {
		t.Errorf("callflows whose order was lost (-want +got):\n%s", diff)
	}
}
