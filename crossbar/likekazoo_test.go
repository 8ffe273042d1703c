package crossbar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A second function of the same name is stored, as in KAZOO, with a warning.
func TestNamesakesAreRemarkedOn(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	put := func(of tenant, name string) reply {
		return s.must(t, 201, "PUT", of.path("/functions"), of.token, `{"data":{"name":"`+name+`","function_js":"return 1"}}`)
	}
	remarked := func(r reply) bool { return r.at("warnings", "name") != nil }
	first := put(a, "hotline")
	if remarked(first) || remarked(put(b, "hotline")) || remarked(put(a, "other")) {
		t.Error("a name that is the only one: got a remark on it, want none")
	}
	second := put(a, "hotline")
	if !remarked(second) || !strings.Contains(second.raw, first.id()) {
		t.Errorf("a second hotline: %s, want a remark that names %s", second.raw, first.id())
	}
	item := a.path("/functions/" + second.id())
	if r := s.must(t, 200, "PATCH", item, a.token, `{"data":{"custom":1}}`); remarked(r) {
		t.Errorf("a change of something else: got %s, want no remark on the name", r.raw)
	}
	s.must(t, 200, "PATCH", item, a.token, `{"data":{"name":"hotline 2"}}`)
	if r := s.must(t, 200, "PATCH", item, a.token, `{"data":{"name":"hotline"}}`); !remarked(r) {
		t.Errorf("a new name: %s, want a remark", r.raw)
	}
	s.must(t, 200, "DELETE", a.path("/functions/"+first.id()), a.token, "")
	if third := put(a, "third"); remarked(third) {
		t.Errorf("a third name: got %s, want no remark on it", third.raw)
	}
	if r := s.must(t, 200, "POST", a.path("/functions/"+first.id()+"/undelete"), a.token, ""); !remarked(r) {
		t.Errorf("brought back beside its namesake: %s, want a remark", r.raw)
	}
}

// A taken number is reported once with its callflow, even if the callflow has no name.
func TestTakenNumbersNameTheCallflow(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for name, rest := range map[string]string{"": "", "main": `"name":"main",`} {
		number := "1000" + name
		body := `{"data":{` + rest + `"numbers":["` + number + `"],"flow":{"module":"hangup","data":{}}}}`
		id := s.must(t, 201, "PUT", a.path("/callflows"), a.token, body).id()
		r := s.must(t, 400, "PUT", a.path("/callflows"), a.token, body)
		want := strings.TrimSpace("Number " + number + " exists in callflow " + id + " " + name)
		if got := r.at("data", "numbers", "unique", "message"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// An answer's data comes first and its token last.
func TestEnvelopesBeginWithTheirData(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for path, status := range map[string]int{a.path("/functions"): 200, a.path("/functions/x"): 404} {
		r := s.must(t, status, "GET", path, a.token, "")
		if !strings.HasPrefix(r.raw, `{"data":`) || !strings.HasSuffix(r.raw, `,"auth_token":"`+a.token+`"}`+"\n") {
			t.Errorf("%s: %s, want data first and auth_token last", path, r.raw)
		}
	}
}

// A listing of users has the features that KAZOO's user interfaces show.
func TestUsersListTheirFeatures(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", a.path("/users"), a.token,
		`{"data":{"first_name":"Ann","last_name":"Lee","call_forward":{"enabled":true,"number":"1"},
		"hotdesk":{"enabled":false},"vm_to_email_enabled":true,"caller_id":{"external":{"number":"+14158867900"}},
		"smartpbx":{"faxing":{"enabled":true}}}}`)
	s.must(t, 201, "PUT", a.path("/users"), a.token,
		`{"data":{"first_name":"Bob","last_name":"Lee","vm_to_email_enabled":false}}`)
	got := map[string]any{}
	for _, item := range s.must(t, 200, "GET", a.path("/users"), a.token, "").items() {
		user := item.(map[string]any)
		got[user["first_name"].(string)] = user["features"]
	}
	want := map[string]any{"Ann": []any{"faxing", "call_forward", "caller_id", "vm_to_email"}, "Bob": []any{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if r := s.must(t, 200, "GET", a.path("/users?filter_features=faxing"), a.token, ""); len(r.items()) != 1 {
		t.Errorf("filtered by a feature: %s, want Ann", r.raw)
	}
}

// A function's name may be as long as in KAZOO.
func TestLongNamesOfFunctions(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", a.path("/functions"), a.token, `{"data":{"name":"`+strings.Repeat("ä", 500)+
		`","function_js":"return 1"}}`)
	s.must(t, 400, "PUT", a.path("/functions"), a.token, `{"data":{"name":"`+strings.Repeat("x", 1025)+
		`","function_js":"return 1"}}`)
}
