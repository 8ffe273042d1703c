package crossbar_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The life of a number: assigned once, seen by its account with properties of its own, moved, released.
func TestPhoneNumbers(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	at := func(of tenant) string { return of.path("/phone_numbers/%2B14155550100") }

	r := s.must(t, 201, "PUT", at(a), admin, `{"data":{"note":"front desk","pvt_state":"x","state":"y"}}`)
	want := map[string]any{
		"id": "+14155550100", "note": "front desk", "state": "in_service", "features": []any{},
	}
	if diff := cmp.Diff(want, withoutReadOnly(r.at("data"))); diff != "" {
		t.Errorf("assigned number (-want +got):\n%s", diff)
	}
	for _, to := range []tenant{a, b} {
		r := s.must(t, 409, "PUT", at(to), admin, "")
		if r.at("message") != "number_exists" || r.at("data", "assigned_to") != a.id {
			t.Errorf("assigned again: got %s, want that %s has it", r.raw, a.id)
		}
	}
	s.must(t, 404, "PUT", a.path("/phone_numbers/+1415abc"), admin, "")
	s.must(t, 403, "PUT", a.path("/phone_numbers/1001"), a.token, "")

	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["4155550100"],`+
		`"flow":{"module":"hangup","data":{}}}}`)
	if r := s.must(t, 200, "GET", a.path("/phone_numbers/4155550100"), a.token, ""); r.at("data",
		"used_by") != "callflow" || r.at("data", "_read_only", "used_by") != "callflow" {
		t.Errorf("got %s, want that a callflow uses it", r.raw)
	}
	s.must(t, 404, "GET", at(b), b.token, "")
	s.must(t, 404, "POST", at(b), b.token, `{"data":{"note":"mine"}}`)

	s.must(t, 200, "PATCH", at(a), a.token, `{"data":{"colour":"green","state":"reserved"}}`)
	r = s.must(t, 200, "GET", at(a), a.token, "")
	if r.at("data", "colour") != "green" || r.at("data", "note") != "front desk" || r.at("data", "state") != "in_service" {
		t.Errorf("patched number: got %s, want colour and note, in service", r.raw)
	}
	s.must(t, 200, "POST", at(a), a.token, `{"data":{"note":"new"}}`)
	if r = s.must(t, 200, "GET", at(a), a.token, ""); r.at("data", "colour") != nil {
		t.Errorf("replaced number: got %s, want no colour", r.raw)
	}

	s.must(t, 403, "PUT", at(b)+"/activate", b.token, "")
	s.must(t, 201, "PUT", at(b)+"/activate", admin, "")
	s.must(t, 404, "GET", at(a), a.token, "")
	if r := s.must(t, 200, "GET", at(b), b.token, ""); r.at("data", "note") != "new" || r.at("data", "used_by") != nil {
		t.Errorf("moved number: got %s, want its note, used by nothing", r.raw)
	}

	s.must(t, 403, "DELETE", at(b), b.token, "")
	s.must(t, 404, "DELETE", at(a), admin, "")
	if r := s.must(t, 200, "DELETE", at(b), admin, ""); r.at("data", "state") != "available" {
		t.Errorf("released number: got %s, want it available", r.raw)
	}
	s.must(t, 404, "GET", at(b), b.token, "")
	s.must(t, 201, "PUT", at(a), admin, "")
}

func withoutReadOnly(data any) any {
	object, _ := data.(map[string]any)
	object = maps.Clone(object)
	delete(object, "_read_only")
	return object
}

// Listings show the account's numbers in pages, in KAZOO's shape; the master account sees all of them.
func TestPhoneNumbersInPages(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	var want []string
	for i := range 7 {
		number := fmt.Sprintf("+1415555010%d", i)
		want = append(want, number)
		s.assign(t, a, number)
	}
	s.assign(t, b, "1000")
	pages := func(path, token string) (found []string) {
		t.Helper()
		for start := ""; ; {
			r := s.must(t, 200, "GET", path+"?page_size=3"+start, token, "")
			of, _ := r.at("data", "numbers").(map[string]any)
			found = append(found, slices.Sorted(maps.Keys(of))...)
			next, _ := r.env["next_start_key"].(string)
			if next == "" {
				return found
			}
			start = "&start_key=" + next
		}
	}
	if diff := cmp.Diff(want, pages(a.path("/phone_numbers"), a.token)); diff != "" {
		t.Errorf("the account's numbers (-want +got):\n%s", diff)
	}
	all := pages("/v2/phone_numbers", admin)
	slices.Sort(all)
	if diff := cmp.Diff(append(want, "1000"), all); diff != "" {
		t.Errorf("all numbers (-want +got):\n%s", diff)
	}
	s.must(t, 403, "GET", "/v2/phone_numbers", a.token, "")
}

// Numbers go with their account, and can then be assigned to another one.
func TestPhoneNumbersGoWithTheirAccount(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	s.assign(t, a, "+14155550100")
	s.must(t, 200, "DELETE", a.path(""), admin, "")
	s.must(t, 201, "PUT", b.path("/phone_numbers/%2B14155550100"), admin, "")
}
