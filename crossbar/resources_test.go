package crossbar_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"callfn/callflow"
	"callfn/crossbar"
	"callfn/internal/datastore"
)

// collections are the listings of documents, each with a function that creates the n-th of them.
func (s *stack) collections(t *testing.T, a tenant) map[string]func(n int) string {
	create := func(path, body string) string {
		t.Helper()
		return s.must(t, 201, "PUT", path, a.token, `{"data":`+body+`}`).id()
	}
	return map[string]func(n int) string{
		"functions": func(n int) string {
			return create(a.path("/functions"), fmt.Sprintf(`{"name":"n%d","function_js":"x","custom":%d}`, n, n))
		},
		"callflows": func(n int) string {
			return create(a.path("/callflows"),
				fmt.Sprintf(`{"name":"n%d","numbers":["%d"],"flow":{"module":"hangup"},"custom":%d}`, n, 1000+n, n))
		},
		"users": func(n int) string {
			return create(a.path("/users"), fmt.Sprintf(`{"first_name":"n%d","last_name":"L","custom":%d}`, n, n))
		},
		"menus":   func(n int) string { return create(a.path("/menus"), fmt.Sprintf(`{"name":"n%d","custom":%d}`, n, n)) },
		"devices": func(n int) string { return create(a.path("/devices"), fmt.Sprintf(`{"name":"n%d","custom":%d}`, n, n)) },
		"lists":   func(n int) string { return create(a.path("/lists"), fmt.Sprintf(`{"name":"n%d","custom":%d}`, n, n)) },
		"temporal_rules": func(n int) string {
			return create(a.path("/temporal_rules"), fmt.Sprintf(`{"name":"n%d","cycle":"daily","custom":%d}`, n, n))
		},
		"temporal_rules_sets": func(n int) string {
			return create(a.path("/temporal_rules_sets"), fmt.Sprintf(`{"name":"n%d","custom":%d}`, n, n))
		},
		"children": func(n int) string {
			return create(a.path(""), fmt.Sprintf(`{"name":"%s n%d","custom":%d}`, a.id, n, n))
		},
		"descendants": func(n int) string {
			return create(a.path(""), fmt.Sprintf(`{"name":"%s d%d","custom":%d,"deep":true}`, a.id, n, n))
		},
	}
}

// Paging, order and filters work alike for every kind of document.
func TestEveryListing(t *testing.T) {
	s := newStack(t)
	for name, create := range s.collections(t, s.tenant(t, s.master, "unused")) {
		_ = create
		t.Run(name, func(t *testing.T) {
			a := s.tenant(t, s.master, "owner of "+name)
			other := s.tenant(t, s.master, "not owner of "+name)
			create, foreign := s.collections(t, a)[name], s.collections(t, other)[name]
			ids := map[string]int{}
			for n := range 5 {
				ids[create(n)] = n
				foreign(n)
			}
			list := a.path("/" + name)
			read := func(query string) (found []int, r reply) {
				t.Helper()
				r = s.must(t, 200, "GET", list+query, a.token, "")
				for _, item := range r.items() {
					id, _ := item.(map[string]any)["id"].(string)
					n, own := ids[id]
					if !own {
						t.Errorf("%s: got %s, want the own account's alone", query, id)
					}
					found = append(found, n)
				}
				return found, r
			}
			up, _ := read("?ascending=true")
			down, _ := read("?descending=true")
			also, _ := read("?descending=false")
			if len(up) != 5 || fmt.Sprint(up) != fmt.Sprint(also) {
				t.Fatalf("ascending: got %v, not descending %v, want five and the same", up, also)
			}
			for i := range up {
				if up[i] != down[4-i] {
					t.Errorf("got %v ascending, %v descending, want one the other backwards", up, down)
				}
			}
			var walked []int
			next := ""
			for range 6 {
				page, r := read("?ascending=true&page_size=2" + next)
				walked = append(walked, page...)
				key, more := r.env["next_start_key"].(string)
				if !more {
					break
				}
				next = "&start_key=" + url.QueryEscape(key)
			}
			if fmt.Sprint(walked) != fmt.Sprint(up) {
				t.Errorf("pages %v, want %v", walked, up)
			}
			// A cursor ends a listing where it would start the next.
			_, second := read("?ascending=true&page_size=2")
			if part, _ := read("?ascending=true&end_key=" +
				second.env["next_start_key"].(string)); fmt.Sprint(part) != fmt.Sprint(up[:3]) {
				t.Errorf("up to the third: %v, want %v", part, up[:3])
			}
			if all, r := read("?paginate=false"); len(all) != 5 || r.env["page_size"] != nil || r.env["next_start_key"] != nil {
				t.Errorf("without pages: got %s, want five items and no page", r.raw)
			}
			for query, want := range map[string]int{
				"?filter_custom=3": 1, "?filter_not_custom=3": 4, "?has_key=custom": 5, "?key_missing=custom": 0,
				"?value_missing=custom":  0,
				"?missing_value=nothing": 5, "?filter_custom=" + url.QueryEscape("[1,2]"): 2,
				"?filter_custom=3&filter_custom.x=1": 0,
			} {
				if got, _ := read(query); len(got) != want {
					t.Errorf("%s: %v, want %d", query, got, want)
				}
			}
		})
	}
}

// With If-Match no edit overwrites another, for every kind of document.
func TestEveryConditionalEdit(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	for name, create := range s.collections(t, a) {
		if name == "descendants" {
			continue
		}
		id := create(7)
		item := a.path("/" + name + "/" + id)
		if name == "children" {
			item = "/v2/accounts/" + id
		}
		t.Run(name, func(t *testing.T) {
			first := s.must(t, 200, "GET", item, admin, "")
			old := first.header.Get("ETag")
			s.must(t, 304, "GET", item, admin, "", "If-None-Match: "+old)
			s.must(t, 200, "PATCH", item, admin, `{"data":{"theirs":1}}`, "If-Match: "+old)
			before := s.dump(t)
			body := `{"data":{"name":"x","first_name":"x","last_name":"x","function_js":"x","numbers":["1007"],` +
				`"flow":{"module":"hangup"},"cycle":"daily"}}`
			for verb, body := range map[string]string{"PATCH": `{"data":{"mine":1}}`, "POST": body, "DELETE": ""} {
				if r := s.do(t, verb, item, admin, body, "If-Match: "+old); r.status != 412 ||
					r.env["message"] != "precondition_failed" {
					t.Errorf("%s: got %d %s, want 412 precondition_failed", verb, r.status, r.raw)
				}
			}
			if after := s.dump(t); after != before {
				t.Errorf("want nothing changed, got\n%s", difference(before, after))
			}
			// Without it the last write wins and keeps the members that it does not set.
			if r := s.must(t, 200, "PATCH", item, admin, `{"data":{"mine":1}}`); r.at("data", "theirs") != 1.0 ||
				r.at("data", "mine") != 1.0 {
				t.Errorf("both edits: got %s, want theirs and mine", r.raw)
			}
			s.must(t, 400, "POST", item, admin, "") // no body does not mean an empty document
			s.must(t, 400, "PATCH", item, admin, "")
			r := s.must(t, 200, "DELETE", item+"?should_soft_delete=false", admin, "", "If-Match: "+s.must(t, 200, "GET", item,
				admin, "").header.Get("ETag"))
			if r.at("data", "_read_only", "deleted") != true {
				t.Errorf("the deletion: got %s, want _read_only.deleted", r.raw)
			}
			if strings.Contains(s.dump(t), id) {
				t.Error("deleted for good: got it still there, want nothing of it")
			}
			s.must(t, 404, "GET", item, admin, "")
		})
	}
}

// What an account shows can be sent back unchanged.
func TestEveryDocumentCanBeSentBack(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	for name, create := range s.collections(t, a) {
		id := create(7)
		item := a.path("/" + name + "/" + id)
		if name == "children" || name == "descendants" {
			item = "/v2/accounts/" + id
		}
		shown := s.must(t, 200, "GET", item, admin, "")
		raw := shown.raw[strings.Index(shown.raw, `"data":`)+7:]
		raw = raw[:strings.LastIndex(raw, `,"node"`)]
		if r := s.must(t, 200, "POST", item, admin, `{"data":`+raw+`}`); r.at("data", "custom") != 7.0 {
			t.Errorf("%s: got %s, want custom 7 kept", name, r.raw)
		}
	}
}

// A rehearsal through the API uses the account's realm and functions only.
func TestSimulation(t *testing.T) {
	s := newStack(t)
	s.rewire(t, func(c *crossbar.Config) {
		c.Simulator = &callflow.Simulator{Executor: &callflow.Executor{
			Runner:    s.runner,
			Directory: callflow.Stored{Datastores: s.stores},
		}}
	})
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1000"],"flow":{"module":"function",`+
		`"data":{"id":"`+id+`"},"children":{"_":{"module":"hangup"}}}}}`)
	before := s.dump(t)
	r := s.must(t, 201, "PUT", a.path("/simulations"), a.token,
		`{"data":{"To":"1000","From":"2000","Account-ID":"forged"}}`)
	steps, _ := r.at("data", "steps").([]any)
	if len(steps) != 3 || r.at("data", "call", "To-Realm") != "acme.example" ||
		r.at("data", "callflow", "number") != "1000" {
		t.Errorf("the simulation: got %s, want three steps from 1000@acme.example", r.raw)
	}
	if string(s.runner.last.Account) != a.id || s.runner.last.Params["From-Realm"] != "acme.example" {
		t.Errorf("the runner was asked: got %+v, want the account and From-Realm acme.example", s.runner.last)
	}
	if r := s.must(t, 201, "PUT", a.path("/simulations"), a.token, `{"data":{"To":"4711"}}`); r.at("data",
		"callflow") != nil {
		t.Errorf("a number that nobody has: got %s, want no callflow", r.raw)
	}
	if r := s.must(t, 400, "PUT", a.path("/simulations"), a.token, `{"data":{"From":"1"}}`); r.at("data", "To",
		"required") == nil {
		t.Errorf("without To: got %s, want it required", r.raw)
	}
	s.must(t, 400, "PUT", a.path("/simulations"), a.token, `{"data":{"To":"1","Custom-SIP-Headers":{"x":"`+
		strings.Repeat("x", 70000)+`"}}}`)
	if after := s.dump(t); after != before {
		t.Errorf("a rehearsal: want nothing stored, got\n%s", difference(before, after))
	}
}

// An account that was deleted for good leaves no tombstone.
func TestDeletingAnAccountForGood(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a, b := s.tenant(t, s.master, "a"), s.tenant(t, s.master, "b")
	s.must(t, 200, "DELETE", a.path("?should_soft_delete=false"), admin, "")
	s.must(t, 200, "DELETE", b.path("?should_soft_delete=false"), b.token, "") // no account can remove its own traces
	db, _ := s.stores.Resolve(datastore.Accounts, "")
	for id, kept := range map[string]bool{a.id: false, b.id: true} {
		if doc, err := db.Get(t.Context(), id); (err == nil) != kept {
			t.Errorf("kept %v, want %v: %v", err == nil, kept, doc)
		}
	}
}
