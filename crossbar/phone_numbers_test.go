package crossbar_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A number is assigned once, seen by its account with properties of its own, moved, and released.
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

// Listings show the account's numbers in pages, in KAZOO's shape. The master account sees all of them.
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

// Numbers are released with their account and can then be assigned to another one.
func TestPhoneNumbersGoWithTheirAccount(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	s.assign(t, a, "+14155550100")
	s.must(t, 200, "DELETE", a.path(""), admin, "")
	s.must(t, 201, "PUT", b.path("/phone_numbers/%2B14155550100"), admin, "")
}

// Several numbers at once: each has its own fate.
func TestPhoneNumberCollections(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	many := a.path("/phone_numbers/collection")
	s.assign(t, b, "+14155550101")

	r := s.must(t, 201, "PUT", many, admin,
		`{"data":{"numbers":["4155550100","+14155550101","front-desk","1000"],"note":"sales","cnam":{"display_name":"A"}}}`)
	for _, number := range []string{"+14155550100", "1000"} {
		if r.at("data", "success", number, "note") != "sales" || r.at("data", "success", number, "state") != "in_service" {
			t.Errorf("%s: got %s, want it assigned with its note", number, r.raw)
		}
	}
	for number, want := range map[string]string{"+14155550101": "number_exists", "front-desk": "not_reconcilable"} {
		if r.at("data", "error", number, "error") != want || r.at("data", "error", number, "message") == nil {
			t.Errorf("%s: got %s, want %s", number, r.raw, want)
		}
	}
	s.must(t, 403, "PUT", many, a.token, `{"data":{"numbers":["1001"]}}`)

	s.must(t, 200, "PATCH", many, a.token, `{"data":{"numbers":["1000","+14155550101"],"colour":"green"}}`)
	if r = s.must(t, 200, "GET", a.path("/phone_numbers/1000"), a.token, ""); r.at("data", "colour") != "green" ||
		r.at("data", "note") != "sales" || r.at("data", "numbers") != nil {
		t.Errorf("patched: got %s, want colour and note, and no numbers", r.raw)
	}
	if r = s.must(t, 200, "GET", b.path("/phone_numbers/+14155550101"), b.token, ""); r.at("data", "colour") != nil {
		t.Errorf("another account's number: got %s, want it as it was", r.raw)
	}
	s.must(t, 200, "POST", many, a.token, `{"data":{"numbers":["1000"],"note":"new"}}`)
	if r = s.must(t, 200, "GET", a.path("/phone_numbers/1000"), a.token, ""); r.at("data", "colour") != nil ||
		r.at("data", "note") != "new" {
		t.Errorf("replaced: got %s, want the new note alone", r.raw)
	}
	s.must(t, 403, "PUT", a.path("/phone_numbers/collection/activate"), a.token, `{"data":{"numbers":["+14155550101"]}}`)
	if r = s.must(t, 201, "PUT", a.path("/phone_numbers/collection/activate"), admin,
		`{"data":{"numbers":["+14155550101"]}}`); r.at("data", "success", "+14155550101") == nil {
		t.Errorf("moved: got %s, want the number", r.raw)
	}
	s.must(t, 404, "GET", b.path("/phone_numbers/+14155550101"), b.token, "")

	if r = s.must(t, 200, "POST", a.path("/phone_numbers/check"), a.token,
		`{"data":{"numbers":["1000","1002","front-desk"]}}`); r.at("data", "1000") != "error" ||
		r.at("data", "1002") != "success" || r.at("data", "front-desk") != "error" {
		t.Errorf("check: got %s, want 1002 to be free", r.raw)
	}
	s.must(t, 403, "DELETE", many, a.token, `{"data":{"numbers":["1000"]}}`)
	r = s.must(t, 200, "DELETE", many, admin, `{"data":{"numbers":["1000","1002"]}}`)
	if r.at("data", "success", "1000", "state") != "available" || r.at("data", "error", "1002", "code") != 404.0 {
		t.Errorf("released: got %s, want 1000, and 404 for 1002", r.raw)
	}
}

func TestPhoneNumberRequestsThatAreWrong(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	admin := s.login(t, masterKey)
	s.assign(t, a, "1000")
	for _, c := range []struct{ data, field, validator string }{
		{`{}`, "numbers", "required"},
		{`{"numbers":"1000"}`, "numbers", "type"},
		{`{"numbers":[1000]}`, "numbers", "type"},
		{`{"numbers":[]}`, "numbers", "minimum"},
		{`{"numbers":["4155550100","+1 (415) 555-0100"]}`, "numbers", "uniqueItems"},
		{`{"numbers":["` + strings.Repeat(`1","`, 100) + `"]}`, "numbers", "maxItems"},
		{`{"numbers":["1"],"carrier_name":""}`, "carrier_name", "minLength"},
	} {
		if r := s.must(t, 400, "PUT", a.path("/phone_numbers/collection"), admin,
			`{"data":`+c.data+`}`); r.at("data", c.field, c.validator) == nil {
			t.Errorf("%s: got %s, want %s of %s", c.data, r.raw, c.validator, c.field)
		}
	}
	for _, c := range []struct{ data, field, validator string }{
		{`{"cnam":{"display_name":"longer than fifteen"}}`, "cnam.display_name", "maxLength"},
		{`{"cnam":"Acme"}`, "cnam", "type"},
		{`{"create_with_state":"port_in"}`, "create_with_state", "enum"},
		{`{"e911":{"locality":"Vienna"}}`, "e911.postal_code", "required"},
	} {
		for method, path := range map[string]string{"PUT": "/phone_numbers/1001", "POST": "/phone_numbers/1000"} {
			if r := s.must(t, 400, method, a.path(path), admin, `{"data":`+c.data+`}`); r.at("data", c.field,
				c.validator) == nil {
				t.Errorf("%s %s: got %s, want %s of %s", method, c.data, r.raw, c.validator, c.field)
			}
		}
	}
	s.must(t, 200, "PATCH", a.path("/phone_numbers/1000"), a.token, `{"data":{"cnam":{"display_name":"Acme"}}}`)
	s.must(t, 400, "PATCH", a.path("/phone_numbers/1000"), a.token, `{"data":{"cnam":{"display_name":""}}}`)
}

// An account learns whose a number is from itself down, and nothing of others.
func TestPhoneNumbersAreIdentified(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	s.assign(t, a, "1000")
	s.assign(t, b, "2000")
	r := s.must(t, 200, "GET", a.path("/phone_numbers/1000/identify"), a.token, "")
	if r.at("data", "account_id") != a.id || r.at("data", "number") != "1000" {
		t.Errorf("got %s, want 1000 of %s", r.raw, a.id)
	}
	s.must(t, 404, "GET", a.path("/phone_numbers/2000/identify"), a.token, "")
	s.must(t, 404, "GET", a.path("/phone_numbers/3000/identify"), a.token, "")
	if r := s.must(t, 200, "GET", "/v2/accounts/"+s.master+"/phone_numbers/2000/identify", admin, ""); r.at("data",
		"account_id") != b.id {
		t.Errorf("got %s, want 2000 of %s", r.raw, b.id)
	}
	s.must(t, 200, "PATCH", b.path(""), admin, `{"data":{"enabled":false}}`)
	if r := s.must(t, 400, "GET", "/v2/accounts/"+s.master+"/phone_numbers/2000/identify", admin, ""); r.at("data",
		"cause") != "account_disabled" {
		t.Errorf("got %s, want that the account is disabled", r.raw)
	}
}
