package crossbar_test

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/datastore"
)

// POST replaces the public part. Absent members get their defaults; private fields survive.
func TestPostReplaces(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	created := s.must(t, 201, "PUT", a.path("/functions"), a.token,
		`{"data":{"name":"n","function_js":"return 1","enabled":false,"custom":"x"}}`)
	item := a.path("/functions/" + created.id())
	s.clock.Advance(60e9)
	r := s.must(t, 200, "POST", item, a.token, `{"data":{"name":"m","function_js":"return 2","pvt_created":1,`+
		`"_rev":"9-x","id":"y"}}`)
	want := map[string]any{
		"id": created.id(), "name": "m", "function_js": "return 2", "enabled": true,
		"language_pack": "javascript",
	}
	if diff := cmp.Diff(want, r.data()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if r.env["revision"] == created.env["revision"] {
		t.Errorf("revision: got %v, want another than before", r.env["revision"])
	}
	db, _ := s.stores.Resolve(datastore.Functions, "")
	doc, err := db.Get(t.Context(), created.id())
	if err != nil {
		t.Fatal(err)
	}
	if doc["pvt_created"] != json.Number("63877456800") || doc["pvt_modified"] != json.Number("63877456860") ||
		doc.Account() != a.id {
		t.Errorf("private fields: got %v, want the account, the request and who asked", doc)
	}
}

// PATCH merges at every depth, null deletes, and the whole result is validated.
func TestPatchMerges(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	item := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token,
		`{"data":{"name":"n","function_js":"return 1","custom":{"a":{"b":1,"c":2},"list":[1,2]}}}`).id())
	r := s.must(t, 200, "PATCH", item, a.token, `{"data":{"enabled":"false","custom":{"a":{"b":null,"d":3},"list":[3]}}}`)
	want := map[string]any{
		"id": r.id(), "name": "n", "function_js": "return 1", "enabled": false,
		"language_pack": "javascript",
		"custom":        map[string]any{"a": map[string]any{"c": 2.0, "d": 3.0}, "list": []any{3.0}},
	}
	if diff := cmp.Diff(want, r.data()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if s.runner.checked != 1 {
		t.Errorf("checks of a source that did not change: got %d, want 1", s.runner.checked)
	}
}

func TestDelete(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	for _, tc := range []struct {
		name, token, query string
		kept               bool
	}{
		{"softly", a.token, "", true},
		{"for good, by an ancestor", admin, "?should_soft_delete=false", false},
		{"for good, by the account itself, stays soft", a.token, "?should_soft_delete=false", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
			item := a.path("/functions/" + id)
			r := s.must(t, 200, "DELETE", item+tc.query, tc.token, "")
			if r.at("data", "_read_only", "deleted") != true || r.at("data", "name") != "say hi" {
				t.Errorf("the deletion: got %s, want the document with _read_only.deleted", r.raw)
			}
			s.must(t, 404, "GET", item, a.token, "")
			s.must(t, 404, "DELETE", item, a.token, "")
			doc, err := db.Get(t.Context(), id)
			if kept := err == nil && doc.Deleted(); kept != tc.kept {
				t.Errorf("kept %v, want %v: %v %v", kept, tc.kept, doc, err)
			}
		})
	}
}

func TestConditionalRequests(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	created := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello)
	item, tag := a.path("/functions/"+created.id()), created.header.Get("ETag")

	if r := s.must(t, 304, "GET", item, a.token, "", "If-None-Match: "+tag); r.raw != "" || r.header.Get("ETag") != tag {
		t.Errorf("304: got %q, %v, want no body and ETag %s", r.raw, r.header, tag)
	}
	s.must(t, 304, "GET", item, a.token, "", "If-None-Match: W/"+tag+`, "other"`)
	s.must(t, 200, "GET", item, a.token, "", `If-None-Match: "other"`)
	r := s.must(t, 200, "PATCH", item, a.token, `{"data":{"n":1}}`, "If-Match: "+tag)
	s.must(t, 412, "PATCH", item, a.token, `{"data":{"n":2}}`, "If-Match: "+tag)
	s.must(t, 412, "POST", item, a.token, hello, "If-Match: "+tag)
	s.must(t, 412, "DELETE", item, a.token, "", "If-Match: "+tag)
	s.must(t, 200, "PATCH", item, a.token, `{"data":{"n":3}}`, "If-Match: *")
	s.must(t, 412, "PATCH", item, a.token, `{"data":{"n":4}}`, "If-Match: W/"+r.header.Get("ETag"))
	if got := s.must(t, 200, "GET", item, a.token, "").at("data", "n"); got != 3.0 {
		t.Errorf("n: got %v, want 3", got)
	}

	list := s.must(t, 200, "GET", a.path("/functions"), a.token, "")
	s.must(t, 304, "GET", a.path("/functions"), a.token, "", "If-None-Match: "+list.header.Get("ETag"))
	s.must(t, 200, "DELETE", item, a.token, "")
	s.must(t, 200, "GET", a.path("/functions"), a.token, "", "If-None-Match: "+list.header.Get("ETag"))
}

// Without If-Match every edit succeeds. With it, exactly one of those with the same revision does.
func TestEditsAtTheSameTime(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	created := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello)
	item := a.path("/functions/" + created.id())
	storm := func(headers ...string) map[int]int {
		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[int]int{}
		for i := range 4 {
			wg.Go(func() {
				r := s.do(t, "PATCH", item, a.token, fmt.Sprintf(`{"data":{"k%d":%d}}`, i, i), headers...)
				mu.Lock()
				defer mu.Unlock()
				codes[r.status]++
			})
		}
		wg.Wait()
		return codes
	}
	if codes := storm("If-Match: " + created.header.Get("ETag")); codes[200] != 1 || codes[412] != 3 {
		t.Errorf("with If-Match: got %v, want 200 once and 412 three times", codes)
	}
	if codes := storm(); codes[200] != 4 {
		t.Errorf("without If-Match: got %v, want 200 four times", codes)
	}
	data := s.must(t, 200, "GET", item, a.token, "").data()
	for i := range 4 {
		if data[fmt.Sprintf("k%d", i)] != float64(i) {
			t.Errorf("after all edits: got %v, want k%d as %d", data, i, i)
		}
	}
}

func TestListing(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "a"), s.tenant(t, s.master, "b")
	var ids []string
	for range 5 {
		ids = append(ids, s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id())
		s.must(t, 201, "PUT", b.path("/functions"), b.token, hello)
	}
	sort.Strings(ids)
	list := a.path("/functions")
	read := func(query string) (got []string, r reply) {
		t.Helper()
		r = s.must(t, 200, "GET", list+query, a.token, "")
		for _, item := range r.items() {
			got = append(got, item.(map[string]any)["id"].(string))
		}
		return got, r
	}
	reversed := []string{ids[4], ids[3], ids[2], ids[1], ids[0]}
	for query, want := range map[string][]string{
		"":                                    reversed,
		"?ascending=true":                     ids,
		"?descending=false":                   ids,
		"?descending=true":                    reversed,
		"?ascending=true&descending=true":     reversed,
		"?ascending=false":                    reversed,
		"?paginate=false":                     reversed,
		"?page_size=5":                        reversed,
		"?page_size=999999999":                reversed,
		"?ascending=true&page_size=2":         ids[:2],
		"?ascending=true&start_key=" + ids[2]: ids[2:],
		"?ascending=true&end_key=" + ids[2]:   ids[:3],
	} {
		if got, _ := read(query); !cmp.Equal(want, got) {
			t.Errorf("%q: %s", query, cmp.Diff(want, got))
		}
	}
	for _, order := range []string{"&ascending=true", ""} {
		var walked []string
		next := ""
		for range 10 {
			got, r := read("?page_size=2" + order + next)
			walked = append(walked, got...)
			if r.env["page_size"] != float64(len(got)) || r.env["start_key"] == nil {
				t.Errorf("page: got %s, want page_size %d and a start_key", r.raw, len(got))
			}
			key, more := r.env["next_start_key"].(string)
			if !more {
				break
			}
			next = "&start_key=" + key
		}
		sort.Strings(walked)
		if !cmp.Equal(ids, walked) {
			t.Errorf("pages%s: want every document once, got (-want +got) %s", order, cmp.Diff(ids, walked))
		}
	}
	if _, r := read("?paginate=false"); r.env["page_size"] != nil || r.env["start_key"] != nil {
		t.Errorf("a whole listing: got %s, want no page_size and no start_key", r.raw)
	}
	if _, r := read(""); strings.Contains(r.raw, "function_js") {
		t.Errorf("a listing: got %s, want it without function_js", r.raw)
	}
	_, r := read("?include=function_js")
	if item := r.items()[0].(map[string]any); item["function_js"] != "return {module:'hangup',data:{}};" ||
		item["enabled"] != true {
		t.Errorf("with include=function_js: got %v, want the source and the summary", item)
	}
	// No cursor leaves the account.
	_, theirs := func() (any, reply) { return nil, s.must(t, 200, "GET", b.path("/functions?page_size=1"), b.token, "") }()
	for _, key := range []string{theirs.env["start_key"].(string), theirs.env["next_start_key"].(string), b.id, `["` +
		b.id + `"]`, `{}`, "W3t9XQ", "bnVsbA", strings.Repeat("x", 5000), "%00", "W251bGxd"} {
		for _, query := range []string{
			"?start_key=" + key, "?end_key=" + key, "?ascending=true&start_key=" + key,
			"?ascending=true&end_key=" + key,
		} {
			request := list + strings.NewReplacer(`"`, "%22", "[", "%5B", "]", "%5D", "{", "%7B", "}", "%7D").Replace(query)
			r := s.do(t, "GET", request, a.token, "")
			if r.status != 200 {
				t.Errorf("%s: got %d %s, want 200", query, r.status, r.raw)
			}
			for _, item := range r.items() {
				if id := item.(map[string]any)["id"].(string); !strings.Contains(strings.Join(ids, " "), id) {
					t.Errorf("%.80s: got %s, want functions of the own account alone", query, id)
				}
			}
		}
	}
}

func TestDisableReason(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	db, _ := s.stores.Resolve(datastore.Functions, "")
	doc, err := db.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	doc["enabled"], doc["pvt_disabled_message"] = false, "failed 6 times"
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	item := a.path("/functions/" + id)
	if got := s.must(t, 200, "GET", item, a.token, "").at("data", "disable_reason"); got != "failed 6 times" {
		t.Errorf("item: got disable_reason %v, want %q", got, "failed 6 times")
	}
	if r := s.must(t, 200, "GET", a.path("/functions"), a.token,
		""); r.items()[0].(map[string]any)["disable_reason"] != "failed 6 times" {
		t.Errorf("listing: got %s, want disable_reason %q", r.raw, "failed 6 times")
	}
	if got := s.must(t, 200, "PATCH", item, a.token, `{"data":{"x":1,"disable_reason":"mine"}}`).at("data",
		"disable_reason"); got != "failed 6 times" {
		t.Errorf("after another edit: got disable_reason %v, want %q", got, "failed 6 times")
	}
	if r := s.must(t, 200, "PATCH", item, a.token, `{"data":{"enabled":true}}`); r.at("data", "disable_reason") != nil {
		t.Errorf("switched on again: got %s, want no disable_reason", r.raw)
	}
}

func TestRuns(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	r := s.must(t, 201, "PUT", a.path("/functions/"+id+"/run"), a.token,
		`{"data":{"call":{"To":"1000","Account-ID":"forged","N":12,"Custom-Application-Vars":{"vip":true}}}}`)
	want := map[string]any{
		"outcome": "ok", "result": map[string]any{
			"module": "tts",
			"data":   map[string]any{"text": "hi 1000"},
		},
		"flow": map[string]any{"module": "tts", "data": map[string]any{"text": "hi 1000"}}, "error": nil, "logs": []any{},
		"duration_ms": 1.5, "run": "11111111111111111111111111111111",
		"timezone": "UTC", "notes": []any{"Account-ID was ignored: a call always belongs to the account it is simulated in"},
	}
	got := r.data()
	at, _ := got["at"].(string)
	if _, err := time.Parse(time.RFC3339, at); err != nil {
		t.Errorf("at is %v; want the moment of the run", got["at"])
	}
	delete(got, "at")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for name, value := range map[string]string{
		"To": "1000", "N": "12", "Custom-Application-Vars[vip]": "true",
		"Account-ID": a.id,
	} {
		if got := s.runner.last.Params[name]; got != value {
			t.Errorf("the function got %s=%q; want %q", name, got, value)
		}
	}
	if string(s.runner.last.Account) != a.id || s.runner.last.Origin != "rehearsal" ||
		string(s.runner.last.Function) != id {
		t.Errorf("the runner was asked: got %+v, want the function, the account and the call's parameters", s.runner.last)
	}
	s.must(t, 201, "PUT", a.path("/functions/"+id+"/run"), a.token, "") // a call without parameters is valid

	before := s.dump(t)
	r = s.must(t, 201, "PUT", a.path("/functions/run"), a.token, `{"data":{"function_js":"THROW"}}`)
	if r.at("data", "outcome") != "threw" || r.at("data", "error", "message") != "boom" || r.at("data", "result") != nil {
		t.Errorf("a draft that throws: got %s, want outcome threw with its message and no result", r.raw)
	}
	for body, at := range map[string]string{
		`{"data":{}}`: "function_js", `{"data":{"function_js":"` + strings.Repeat("x", 70000) + `"}}`: "function_js",
		`{"data":{"function_js":"x","call":[]}}`:                                         "call",
		`{"data":{"function_js":"x","call":{"a":"` + strings.Repeat("x", 70000) + `"}}}`: "call",
	} {
		if r := s.do(t, "PUT", a.path("/functions/run"), a.token, body); r.status != 400 || r.at("data", at) == nil {
			t.Errorf("%.60s: got %d %.300s, want 400 at %s", body, r.status, r.raw, at)
		}
	}
	if s.dump(t) != before {
		t.Error("drafts: got something stored, want nothing")
	}
}

// Functions in other languages are shown but not run, with the reason.
func TestOtherLanguages(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	db, _ := s.stores.Resolve(datastore.Functions, "")
	doc, err := db.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	doc["language_pack"] = "python"
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	item := a.path("/functions/" + id)
	if got := s.must(t, 200, "GET", item, a.token, "").at("data", "language_pack"); got != "python" {
		t.Errorf("language_pack: got %v, want python", got)
	}
	r := s.must(t, 201, "PUT", item+"/run", a.token, "")
	if r.at("data", "outcome") != "refused" || !strings.Contains(r.at("data", "error", "message").(string), "python") ||
		s.runner.runs != 0 {
		t.Errorf("a function in Python: got %s, want it refused without a run", r.raw)
	}
}

func TestCatalogueAndSamples(t *testing.T) {
	s := newStack(t)
	r := s.must(t, 200, "GET", "/v2/functions", "", "")
	if packs, _ := r.at("data", "language_packs").([]any); len(packs) != 1 {
		t.Errorf("language packs: got %s, want one", r.raw)
	}
	if r.at("data", "limits", "function_js_bytes") != 65536.0 || !strings.Contains(r.raw, "Caller-ID-Name") {
		t.Errorf("the catalogue: got %s, want the limit of the source and Caller-ID-Name", r.raw)
	}
	a := s.tenant(t, s.master, "acme")
	samples := s.must(t, 200, "GET", "/v2/functions/samples", "", "").items()
	if len(samples) < 5 {
		t.Fatalf("samples: got %d, want 5 or more", len(samples))
	}
	for _, sample := range samples { // each can be stored as it is
		body, err := json.Marshal(map[string]any{"data": sample})
		if err != nil {
			t.Fatal(err)
		}
		s.must(t, 201, "PUT", a.path("/functions"), a.token, string(body))
	}
}
