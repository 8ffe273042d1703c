package crossbar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const hello = `{"data":{"name":"say hi","function_js":"return {module:'hangup',data:{}};"}}`

// KAZOO's own test sequence for functions (docs/reference/kazoo.md#conformance-checks).
func TestKazoosSequence(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	list := a.path("/functions")
	if r := s.must(t, 200, "GET", list, a.token, ""); len(r.items()) != 0 || r.env["page_size"] != 0.0 {
		t.Fatalf("a new account: got %s, want no functions", r.raw)
	}
	created := s.must(t, 201, "PUT", list, a.token, `{"data":{"name":"tts","function_js":"return {'action':'tts',`+
		`'data':{'text':call['To']}}","enabled":true,"language_pack":"javascript"}}`)
	item := list + "/" + created.id()
	s.must(t, 200, "PATCH", item, a.token, `{"data":{"custom":"value"}}`)
	if got := s.must(t, 200, "GET", item, a.token, "").at("data", "custom"); got != "value" {
		t.Errorf("custom: got %v, want value", got)
	}
	if r := s.must(t, 200, "GET", list, a.token, ""); len(r.items()) != 1 ||
		r.items()[0].(map[string]any)["id"] != created.id() {
		t.Errorf("the listing: got %s, want %s alone", r.raw, created.id())
	}
	r := s.must(t, 201, "PUT", item+"/run", a.token, `{"data":{"call":{"To":"to@nodomain","From":"from@nodomain",`+
		`"Caller-ID-Number":"123456","Caller-ID-Name":"from"}}}`)
	if r.at("data", "outcome") != "ok" || s.runner.last.Params["To"] != "to" {
		t.Errorf("the run: got %s with parameters %v, want ok with To", r.raw, s.runner.last.Params)
	}
	s.must(t, 200, "DELETE", item, a.token, "")
	if r := s.must(t, 200, "GET", list, a.token, ""); len(r.items()) != 0 {
		t.Errorf("after the deletion: got %s, want no functions", r.raw)
	}
}

func TestFunctionIsStoredWhole(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	r := s.must(t, 201, "PUT", a.path("/functions"), a.token,
		`{"data":{"id":"deadbeefdeadbeefdeadbeefdeadbeef","_id":"_design/x","pvt_type":"account","name":"n",`+
			`"function_js":"return 1","big":12345678901234567890,"disable_reason":"x"}}`)
	if len(r.id()) != 32 || r.id() == "deadbeefdeadbeefdeadbeefdeadbeef" {
		t.Errorf("id: got %q, want 32 digits that the service chose", r.id())
	}
	if got := r.header.Get("Location"); got != a.path("/functions/"+r.id()) {
		t.Errorf("Location: got %q, want the function's path", got)
	}
	if got := r.header.Get("ETag"); got != `"`+r.env["revision"].(string)+`"` {
		t.Errorf("ETag: got %q, want the revision %q in quotes", got, r.env["revision"])
	}
	want := map[string]any{
		"id": r.id(), "name": "n", "function_js": "return 1", "enabled": true,
		"language_pack": "javascript",
	}
	data := r.data()
	delete(data, "big")
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if !strings.Contains(r.raw, "12345678901234567890") {
		t.Errorf("got %s, want every digit of 12345678901234567890", r.raw)
	}
	db, _ := s.stores.Resolve("functions", "function")
	doc, err := db.Get(t.Context(), r.id())
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"pvt_type": "function", "pvt_account_id": a.id,
		"pvt_account_db": "functions", "pvt_vsn": "1",
		"pvt_auth_account_id": a.id, "pvt_alphanum_name": "n", "pvt_request_id": r.env["request_id"].(string),
	} {
		if doc.Text(key) != value {
			t.Errorf("%s is %v, want %s", key, doc[key], value)
		}
	}
	if !doc.Is("pvt_is_authenticated") {
		t.Errorf("pvt_is_authenticated: got %v, want true", doc["pvt_is_authenticated"])
	}
}

// What a function declares is stored and shown unchanged. Invalid declarations are refused with the member's path.
func TestFunctionBindings(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	list := a.path("/functions")
	const declared = `"bindings":{"env":{"VIP":"1"},"secrets":{"CRM":{"hosts":["crm.example.com"]}},` +
		`"kv":{"scope":"account","write":true},"http":{"hosts":["*.example.com"]},"std":true}`
	r := s.must(t, 201, "PUT", list, a.token, strings.Replace(hello, `"name"`, declared+`,"name"`, 1))
	item := list + "/" + r.id()
	want := map[string]any{
		"env": map[string]any{"VIP": "1"}, "std": true,
		"secrets": map[string]any{"CRM": map[string]any{"hosts": []any{"crm.example.com"}}},
		"kv":      map[string]any{"scope": "account", "write": true},
		"http":    map[string]any{"hosts": []any{"*.example.com"}},
	}
	if diff := cmp.Diff(want, s.must(t, 200, "GET", item, a.token, "").at("data", "bindings")); diff != "" {
		t.Errorf("bindings (-want +got):\n%s", diff)
	}
	plain := list + "/" + s.must(t, 201, "PUT", list, a.token, hello).id()
	for _, c := range []struct{ bindings, path string }{
		{`{"amqp":{}}`, "bindings.amqp"},
		{`{"kv":{}}`, "bindings.kv.scope"},
		{`{"kv":{"scope":"all"}}`, "bindings.kv.scope"},
		{`{"http":{"hosts":["*.co.uk"]}}`, "bindings.http.hosts"},
		{`{"http":{"hosts":["https://crm.example.com"]}}`, "bindings.http.hosts"},
		{`{"env":{"0":"x"}}`, "bindings.env"},
		{`{"secrets":["no name"]}`, "bindings.secrets"},
		{`"kv"`, "bindings"},
	} {
		for _, request := range [][2]string{
			{"PUT", list}, {"POST", plain}, {"PATCH", plain},
		} {
			body := strings.Replace(hello, `"name"`, `"bindings":`+c.bindings+`,"name"`, 1)
			r := s.must(t, 400, request[0], request[1], a.token, body)
			if r.at("data", c.path) == nil {
				t.Errorf("%s %s: got %s, want an error at %s", request[0], c.bindings, r.raw, c.path)
			}
		}
	}
	patched := s.must(t, 200, "PATCH", item, a.token, `{"data":{"bindings":null}}`)
	if got := patched.at("data", "bindings"); got != nil {
		t.Errorf("after null: got %v, want no bindings", got)
	}
}
