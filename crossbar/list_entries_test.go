package crossbar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// KAZOO's routes for the entries of a list work: each entry has an id, and a call finds it in the list.
func TestListEntries(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	list := s.must(t, 201, "PUT", a.path("/lists"), a.token, `{"data":{"name":"vip"}}`).id()
	entries := a.path("/lists/" + list + "/entries")
	if r := s.must(t, 200, "GET", entries, a.token, ""); len(r.items()) != 0 {
		t.Errorf("entries of a new list: got %s, want none", r.raw)
	}
	created := s.must(t, 201, "PUT", entries, a.token, `{"data":{"number":"+1415","displayname":"Ann","list_id":"x",`+
		`"id":"y"}}`)
	item := entries + "/" + created.id()
	want := map[string]any{"id": created.id(), "list_id": list, "number": "+1415", "displayname": "Ann"}
	if diff := cmp.Diff(want, created.data()); diff != "" || created.header.Get("Location") != item {
		t.Errorf("created at %q (-want +got):\n%s", created.header.Get("Location"), diff)
	}
	if diff := cmp.Diff(want, s.must(t, 200, "GET", item, a.token, "").data()); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	stored := s.must(t, 200, "GET", a.path("/lists/"+list), a.token, "").at("data", "entries", created.id(), "number")
	if stored != "+1415" {
		t.Errorf("in the list: %v, want the entry where calls look for it", stored)
	}
	want = map[string]any{"id": created.id(), "list_id": list, "number": "+1416", "displayname": "Ann"}
	if diff := cmp.Diff(want, s.must(t, 200, "PATCH", item, a.token, `{"data":{"number":"+1416"}}`).data()); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	want = map[string]any{"id": created.id(), "list_id": list, "pattern": "^9"}
	if diff := cmp.Diff(want, s.must(t, 200, "POST", item, a.token, `{"data":{"pattern":"^9"}}`).data()); diff != "" {
		t.Errorf("replaced (-want +got):\n%s", diff)
	}
	s.must(t, 201, "PUT", entries, a.token, `{"data":{"number":"2"}}`)
	if r := s.must(t, 200, "GET", entries, a.token, ""); len(r.items()) != 2 {
		t.Errorf("entries: %s, want two", r.raw)
	}
	for query, n := range map[string]int{
		"filter_number=2": 1, "filter_not_number=2": 1, "has_key=pattern": 1,
		"key_missing=id": 0, "filter_number=3": 0,
	} {
		if r := s.must(t, 200, "GET", entries+"?"+query, a.token, ""); len(r.items()) != n {
			t.Errorf("entries with %s: %s, want %d", query, r.raw, n)
		}
	}
	// An entry that matches nothing is stored, as in KAZOO, with a warning. The same holds when it is stored with its
	// list.
	const idle = "the entry matches no call"
	r := s.must(t, 201, "PUT", entries, a.token, `{"data":{"displayname":"Nobody"}}`)
	if got := warned(r, "number"); !strings.Contains(got, idle) {
		t.Errorf("an entry with a name alone: got warnings %v, want %q at number", r.env["warnings"], idle)
	}
	nobody := r.id()
	if r := s.must(t, 201, "PUT", entries, a.token, `{"data":{"prefix":"49"}}`); r.env["warnings"] != nil {
		t.Errorf("an entry with a prefix: got warnings %v, want none, nor of other entries", r.env["warnings"])
	}
	r = s.must(t, 200, "PATCH", a.path("/lists/"+list), a.token, `{"data":{"description":"x"}}`)
	if got := warned(r, "entries."+nobody+".number"); !strings.Contains(got, idle) {
		t.Errorf("a list with such an entry: got warnings %v, want %q", r.env["warnings"], idle)
	}
	if r := s.must(t, 201, "PUT", entries, a.token, `{"data":{"number":"3","firstnam":"A"}}`); r.at("warnings",
		"firstnam") == nil {
		t.Errorf("a misspelt member: got warnings %v, want one of it", r.env["warnings"])
	}
	// Errors name the entry's own fields, and nothing is stored.
	for body, field := range map[string]string{
		`{"number":5551234567890123456789012345678901234567890123456789012345678901234}`: "number",
		`{"pattern":"("}`: "pattern", `{"name":{}}`: "name",
	} {
		if r := s.must(t, 400, "PUT", entries, a.token, `{"data":`+body+`}`); r.at("data", field) == nil {
			t.Errorf("%s: %s, want a failure of %s", body, r.raw, field)
		}
	}
	if r := s.must(t, 200, "DELETE", item, a.token, ""); r.at("data", "_read_only", "deleted") != true ||
		r.at("data", "pattern") != "^9" {
		t.Errorf("deleted: got %s, want the entry with _read_only.deleted", r.raw)
	}
	for _, method := range []string{"GET", "DELETE"} {
		s.must(t, 404, method, item, a.token, "")
	}
	for _, method := range []string{"POST", "PATCH"} {
		s.must(t, 404, method, item, a.token, `{"data":{"number":"3"}}`)
	}
	s.must(t, 404, "GET", b.path("/lists/"+list+"/entries"), b.token, "")
	s.must(t, 412, "DELETE", entries, a.token, "", `If-Match: "1-x"`)
	s.must(t, 200, "DELETE", entries, a.token, "")
	if r := s.must(t, 200, "GET", entries, a.token, ""); len(r.items()) != 0 {
		t.Errorf("after all were deleted: got %s, want no entries", r.raw)
	}
}
