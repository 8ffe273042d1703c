package crossbar_test

import (
	"fmt"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/datastore"
)

func TestFilters(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for i, properties := range []string{
		`"name":"a","enabled":true,"custom":{"level":1},"tags":["x"]`,
		`"name":"b","enabled":false,"custom":{"level":2},"tags":[]`,
		`"name":"c","custom":{"level":"2"},"note":""`,
		`"name":"d e","note":"n"`,
	} {
		if i > 0 {
			s.clock.Advance(time.Minute)
		}
		s.must(t, 201, "PUT", a.path("/functions"), a.token, `{"data":{"function_js":"return 1",`+properties+`}}`)
	}
	created := datastore.Gregorian(s.clock.Now())
	for query, want := range map[string]string{
		"":                                       "a b c d e",
		"filter_enabled=false":                   "b",
		"filter_enabled=true":                    "a c d e",
		"filter_not_enabled=true":                "b",
		"filter_name=d+e":                        "d e",
		"filter_not_name=a":                      "b c d e",
		`filter_name=["a","c"]`:                  "a c",
		`filter_not_name=["a","c"]`:              "b d e",
		"filter_custom.level=2":                  "b c",
		"filter_not_custom.level=2":              "a d e",
		"filter_custom=2":                        "",
		"has_key=note":                           "c d e",
		"key_missing=note":                       "a b",
		"has_value=note":                         "d e",
		"has_value=tags":                         "a",
		"value_missing=note":                     "a b c",
		"missing_value=note":                     "a b c",
		"has_key=custom.level":                   "a b c",
		fmt.Sprintf("created_from=%d", created):  "d e",
		fmt.Sprintf("created_to=%d", created-60): "a b c",
		fmt.Sprintf("modified_from=%d&modified_to=%d", created-120, created-60): "b c",
		"created_from=yesterday":           "",
		"filter_enabled=true&has_key=note": "c d e",
		"filter_pvt_type=function":         "a b c d e",
		"has_key=pvt_vsn":                  "",
		"filter_=x":                        "",
	} {
		parts := strings.Split(query, "&")
		for i, part := range parts {
			name, value, _ := strings.Cut(part, "=")
			parts[i] = name + "=" + url.QueryEscape(strings.ReplaceAll(value, "+", " "))
		}
		r := s.must(t, 200, "GET", a.path("/functions?"+strings.Join(parts, "&")), a.token, "")
		var names []string
		for _, item := range r.items() {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		sort.Strings(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		if strings.Contains(r.raw, "function_js") {
			t.Errorf("%s: a filter brought the source: %s", query, r.raw)
		}
	}
}

// Pages with a filter: every match once, in order, over more documents than are read at a time.
func TestFilteredPages(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	var batch []datastore.Document
	for n := range 700 {
		batch = append(batch, datastore.Document{"_id": fmt.Sprintf("%032x", n), "pvt_type": "function", "pvt_account_id": a.id,
			"name": fmt.Sprint(n), "function_js": "return 1", "match": n%100 == 7})
	}
	if _, err := db.BulkSave(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var names []string
	next := ""
	for range 20 {
		r := s.must(t, 200, "GET", a.path("/functions?ascending=true&filter_match=true&page_size=3"+next), a.token, "")
		for _, item := range r.items() {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		key, more := r.env["next_start_key"].(string)
		if !more {
			break
		}
		next = "&start_key=" + key
	}
	if got := strings.Join(names, " "); got != "7 107 207 307 407 507 607" {
		t.Errorf("got %q", got)
	}
	if r := s.must(t, 200, "GET", a.path("/functions?paginate=false"), a.token, ""); len(r.items()) != 700 {
		t.Errorf("%d items without pages", len(r.items()))
	}
}

// Large documents make short pages, and every one is on some page.
func TestHeavyPages(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) { c.PageBytes = 512 << 10 })
	a := s.tenant(t, s.master, "acme")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	source := strings.Repeat("x", 32<<10)
	for n := range 40 {
		if _, err := db.Create(t.Context(), datastore.Document{"_id": fmt.Sprintf("%032x", n), "pvt_type": "function", "pvt_account_id": a.id,
			"name": fmt.Sprint(n), "function_js": source}); err != nil {
			t.Fatal(err)
		}
	}
	seen, pages, next := 0, 0, ""
	for pages < 40 {
		pages++
		r := s.must(t, 200, "GET", a.path("/functions?include=function_js"+next), a.token, "")
		seen += len(r.items())
		if len(r.raw) > 600<<10 {
			t.Errorf("a page of %d bytes", len(r.raw))
		}
		key, more := r.env["next_start_key"].(string)
		if !more {
			break
		}
		next = "&start_key=" + key
	}
	if seen != 40 || pages < 3 {
		t.Errorf("%d documents on %d pages", seen, pages)
	}
	s.must(t, 416, "GET", a.path("/functions?include=function_js&paginate=false"), a.token, "")
	s.must(t, 200, "GET", a.path("/functions?paginate=false"), a.token, "")
}

// Nobody can guess at secrets by filtering.
func TestSecretsAreNotFilterable(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	for _, query := range []string{"filter_pvt_api_key=" + a.key, "has_key=pvt_api_key", "has_value=pvt_signature_secret"} {
		if r := s.must(t, 200, "GET", "/v2/accounts/"+s.master+"/children?"+query, admin, ""); len(r.items()) != 0 {
			t.Errorf("%.20s: %s", query, r.raw)
		}
	}
	if r := s.must(t, 200, "GET", "/v2/accounts/"+s.master+"/children?filter_name=acme", admin, ""); len(r.items()) != 1 {
		t.Errorf("got %s", r.raw)
	}
}
