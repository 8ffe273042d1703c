package crossbar_test

import (
	"fmt"
	"strings"
	"testing"
)

// KAZOO's search compares the beginning of a name or number by letters and digits only.
func TestSearch(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	put := func(of tenant, resource, content string) {
		s.must(t, 201, "PUT", of.path("/"+resource), of.token, `{"data":`+content+`}`)
	}
	put(a, "callflows", `{"name":"Main Menu","numbers":["+14158867900","1000"],"flow":{"module":"hangup","data":{}}}`)
	put(a, "callflows", `{"name":"main (night)","numbers":["1001"],"flow":{"module":"hangup","data":{}}}`)
	put(a, "callflows", `{"numbers":["2000"],"flow":{"module":"hangup","data":{}}}`)
	put(b, "callflows", `{"name":"main of others","numbers":["1000"],"flow":{"module":"hangup","data":{}}}`)
	put(a, "users", `{"first_name":"Ann","last_name":"Lee"}`)
	put(a, "devices", `{"name":"Ann's desk"}`)
	put(a, "functions", `{"name":"annex","function_js":"return 1"}`)
	names := func(path, token string) string {
		var out []string
		for _, item := range s.must(t, 200, "GET", path, token, "").items() {
			out = append(out, item.(map[string]any)["name"].(string))
		}
		return strings.Join(out, ", ")
	}
	for query, want := range map[string]string{
		"t=callflow&q=name&v=main":                "Main Menu, main (night)",
		"t=callflow&q=name&v=Main+M":              "Main Menu",
		"t=callflow&q=name&v=enu":                 "",
		"t=callflow&q=number&v=1000":              "Main Menu",
		"t=callflow&q=number&v=%2B1+(415)":        "Main Menu",
		"t=callflow&q=number&v=100":               "Main Menu, main (night)",
		"t=callflow&q=name_and_number&v=1001":     "main (night)",
		"t=callflow&q=name_and_number&v=mainn":    "main (night)",
		"t=user&q=name&v=annl":                    "Ann Lee",
		"t=device&q=name&v=anns":                  "Ann's desk",
		"t=function&q=name&v=ann":                 "annex",
		"t=vmbox&q=name&v=a":                      "",
		"t=account&q=name&v=o":                    "",
		"t=callflow&q=name&v=":                    "*", // all of them
		"t=callflow&q=name&v=main&paginate=false": "Main Menu, main (night)",
	} {
		got := names(a.path("/search?"+query), a.token)
		if want == "*" && strings.Count(got, ",") == 2 {
			continue
		}
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for query, want := range map[string]string{"q=name&v=oth": "other", "q=realm&v=": "acme, other", "q=id&v=" +
		b.id[:8]: "other"} {
		got := names("/v2/accounts/"+s.master+"/search?t=account&"+query, admin)
		if got != want && got != "other, acme" {
			t.Errorf("accounts by %s: %q, want %q", query, got, want)
		}
	}
	if got := names("/v2/search?t=account&q=name&v=a", admin); got != "acme" {
		t.Errorf("without an account in the path: %q, want acme", got)
	}
	for query, field := range map[string]string{
		"": "t", "q=name&v=a": "t", "t=user": "q", "t=user&q=name": "v",
		"t=user&q=realm&v=a": "q", "t=account&q=number&v=a": "q",
	} {
		if r := s.must(t, 400, "GET", a.path("/search?"+query), a.token, ""); r.at("data", field) == nil {
			t.Errorf("%s: %s, want a failure of %s", query, r.raw, field)
		}
	}
	if r := s.must(t, 200, "GET", a.path("/search?t=vmbox&q=name&v=a"), a.token, ""); r.at("warnings", "t") == nil {
		t.Errorf("a type that is not here: %s, want a remark", r.raw)
	}
	r := s.must(t, 200, "GET", a.path("/search/multi?t=callflow&by_name=main&by_number=2000"), a.token, "")
	if found, _ := r.at("data", "name").([]any); len(found) != 2 || len(r.data()) != 2 {
		t.Errorf("several: got %s, want two by name, and another search", r.raw)
	}
	s.must(t, 400, "GET", a.path("/search/multi?t=callflow&by_realm=x"), a.token, "")
	s.must(t, 400, "GET", a.path("/search/multi?t=callflow"), a.token, "")
}

// The pages of a search have every finding once, in order.
func TestSearchPages(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for i := range 7 {
		s.must(t, 201, "PUT", a.path("/menus"), a.token, fmt.Sprintf(`{"data":{"name":"menu %d"}}`, i/2))
	}
	var names []string
	for next := ""; ; {
		r := s.must(t, 200, "GET", a.path("/search?t=menu&q=name&v=menu&page_size=2"+next), a.token, "")
		for _, item := range r.items() {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		key, more := r.env["next_start_key"].(string)
		if !more || len(names) > 20 {
			break
		}
		next = "&start_key=" + key
	}
	if got := strings.Join(names, ","); got != "menu 0,menu 0,menu 1,menu 1,menu 2,menu 2,menu 3" {
		t.Errorf("pages: got %s, want the menus in order", got)
	}
}
