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
	"callfn/internal/function"
)

func TestFilters(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for i, properties := range []string{
		`"name":"a","enabled":true,"custom":{"level":1},"tags":["x"]`,
		`"name":"b","enabled":false,"custom":{"level":2},"tags":[]`,
		`"name":"c","custom":{"level":"2"},"note":""`,
		`"name":"d e","note":"n","rooms":[{"floor":1},{"floor":3}]`,
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
		"has_key=pvt_vsn":                  "a b c d e",
		"filter_=x":                        "",

		// every pair of the query counts
		"filter_not_name=a&filter_not_name=b":               "c d e",
		"filter_name=a&filter_name=b":                       "",
		"has_key=custom&has_key=note":                       "c",
		"key_missing=note&key_missing=enabled":              "",
		"key_missing=note&key_missing=tags":                 "",
		"has_value=custom.level&has_value=tags":             "a",
		"value_missing=note&value_missing=tags":             "b c",
		"created_from=0&created_from=99999999999":           "",
		"has_key=custom&key_missing=note&filter_not_name=a": "b",

		// members that a summary computes, and members of answers only
		"has_key=modified":                                   "a b c d e",
		"key_missing=modified":                               "",
		fmt.Sprintf("filter_modified=%d", created):           "d e",
		fmt.Sprintf("filter_not_modified=%d", created):       "a b c",
		"has_key=disable_reason":                             "",
		"has_key=_read_only":                                 "",
		"key_missing=_read_only":                             "a b c d e",
		fmt.Sprintf("filter__read_only.created=%d", created): "",
		"has_key=created":                                    "",
		"has_key=_id":                                        "a b c d e",
		"filter_pvt_is_authenticated=true":                   "a b c d e",
		"has_key=pvt_disabled_message":                       "",
		"has_key=pvt_deleted":                                "",

		// lists match by any item, or by the index of one
		"filter_tags=x":          "a",
		"filter_not_tags=x":      "b c d e",
		`filter_tags=["y","x"]`:  "a",
		`filter_not_tags=["x"]`:  "b c d e",
		"filter_tags.1=x":        "a",
		"has_key=tags.1":         "a",
		"filter_rooms.2.floor=3": "d e",
		"filter_rooms.floor=3":   "",
		"has_key=rooms.0":        "",

		// an absent member is the empty text, as in KAZOO
		"filter_note=":                "a b c",
		"filter_not_note=":            "d e",
		`filter_name="a"`:             "a",
		`filter_custom.level=["2",1]`: "a b c",
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
			t.Errorf("%s: got %s, want it without function_js", query, r.raw)
		}
	}
}

// The requests that KAZOO's user interfaces make of callflows.
func TestFiltersOfUserInterfaces(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for _, properties := range []string{
		`"name":"catchall","numbers":["no_match"]`,
		`"name":"desk","numbers":["1000","1001"]`,
		`"name":"voip","numbers":["2"],"ui_metadata":{"origin":"voip"},"owner_id":"11111111111111111111111111111111",` +
			`"type":"mainUserCallflow"`,
		`"name":"queue","numbers":["3"],"ui_metadata":{"origin":"callqueues"},` +
			`"group_id":"22222222222222222222222222222222","type":"baseGroup"`,
		`"name":"plain","numbers":["4"],"type":"main"`,
	} {
		s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"flow":{"module":"hangup","data":{}},`+properties+`}}`)
	}
	for query, want := range map[string]string{
		"filter_not_numbers=no_match":             "desk plain queue voip",
		"filter_numbers=no_match":                 "catchall",
		"filter_numbers=1001":                     "desk",
		"filter_numbers=%5B%221000%22%5D":         "desk",
		"filter_numbers=%5B%221001%22,%222%22%5D": "desk voip",
		"has_key=owner_id&has_key=type":           "voip",
		"has_key=type&has_key=owner_id":           "voip",
		"filter_not_ui_metadata.origin=voip&filter_not_ui_metadata.origin=callqueues": "catchall desk plain",
		"has_value=type&key_missing=owner_id&key_missing=group_id":                    "plain",
		"has_value=type&key_missing=group_id&key_missing=owner_id":                    "plain",
		// computed by the summary
		"filter_modules=hangup&filter_name=plain":    "plain",
		"filter_flow.module=hangup&filter_type=main": "plain", // in no summary
		"has_key=featurecode":                        "",      // only in the summary, not in a document
	} {
		for _, paging := range []string{"paginate=false", "page_size=2"} {
			var names []string
			for next := ""; ; {
				r := s.must(t, 200, "GET", a.path("/callflows?"+paging+"&"+query+next), a.token, "")
				for _, item := range r.items() {
					names = append(names, item.(map[string]any)["name"].(string))
				}
				key, more := r.env["next_start_key"].(string)
				if !more {
					break
				}
				next = "&start_key=" + key
			}
			sort.Strings(names)
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s&%s: %q, want %q", paging, query, got, want)
			}
		}
	}
}

// Filters see members that answers compute from private ones, under both names, but nothing of the account's standing.
func TestFiltersByComputedProperties(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", "/v2/accounts/"+s.tenant(t, s.master, "shut").id, admin, `{"data":{"enabled":false}}`)
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token,
		`{"data":{"name":"off","function_js":"return 1","enabled":false}}`).id()
	s.must(t, 201, "PUT", a.path("/functions"), a.token, `{"data":{"name":"on","function_js":"return 1"}}`)
	s.must(t, 201, "PUT", a.path("/devices"), a.token, `{"data":{"name":"phone","sip":{"username":"ann"}}}`)
	s.must(t, 201, "PUT", a.path("/temporal_rules_sets"), a.token, `{"data":{"name":"empty"}}`)
	s.must(t, 201, "PUT", a.path("/temporal_rules_sets"), a.token, `{"data":{"name":"full","temporal_rules":["a"]}}`)
	gone := s.must(t, 201, "PUT", a.path("/functions"), a.token, `{"data":{"name":"gone","function_js":"return 1"}}`).id()
	s.must(t, 200, "DELETE", a.path("/functions/"+gone), a.token, "")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	doc, err := db.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	doc[function.DisabledMessage] = "failed too often"
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	children := "/v2/accounts/" + s.master + "/children"
	for request, want := range map[string]string{
		a.path("/functions?has_key=disable_reason"):                         "off",
		a.path("/functions?key_missing=disable_reason"):                     "on",
		a.path("/functions?filter_disable_reason=failed+too+often"):         "off",
		a.path("/functions?filter_pvt_disabled_message=failed+too+often"):   "off",
		a.path("/devices?filter_username=ann"):                              "phone",
		a.path("/functions/samples?filter_name=none"):                       "",
		a.path("/functions?deleted=true&has_key=modified"):                  "gone",
		a.path("/functions?deleted=true&filter_deleted=false"):              "",
		a.path("/temporal_rules_sets?has_key=rules"):                        "full",
		a.path("/temporal_rules_sets?key_missing=rules"):                    "empty",
		children + "?filter_enabled=false":                                  "shut",
		children + "?filter_enabled=true":                                   "acme",
		children + "?has_key=pvt_enabled":                                   "",
		"/v2/accounts/" + s.master + "/descendants?filter_is_reseller=true": "",
	} {
		token := a.token
		if !strings.HasPrefix(request, a.path("/")) {
			token = admin
		}
		var names []string
		for _, item := range s.must(t, 200, "GET", request, token, "").items() {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", request, got, want)
		}
	}
}

// A listing warns of parameters without effect.
func TestListingsSayWhatTheyIgnore(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for query, want := range map[string]string{
		"sort=name": "sort", "created_from=yesterday": "created_from",
		"modified_to=": "modified_to", "created_to=63877456800": "", "filter_name=x": "",
	} {
		r := s.must(t, 200, "GET", a.path("/functions?"+query), a.token, "")
		warnings, _ := r.env["warnings"].(map[string]any)
		if _, ok := warnings[want]; ok != (want != "") || len(warnings) > 1 {
			t.Errorf("%s: warnings %v, want one of %q", query, warnings, want)
		}
	}
}

// Filters are cheap for any request.
func TestFiltersAreBounded(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	var batch []datastore.Document
	for n := range 1500 {
		batch = append(batch, datastore.Document{
			"_id": fmt.Sprintf("%032x", n), "pvt_type": "function",
			"pvt_account_id": a.id, "name": "n",
		})
	}
	if _, err := db.BulkSave(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if r := s.must(t, 200, "GET", a.path("/functions?page_size=1000&filter_not_"+strings.Repeat("a.", 29_000)+"=x"),
		a.token, ""); len(r.items()) != 1000 {
		t.Errorf("%d items, want 1000", len(r.items()))
	}
	many := a.path("/functions?" + strings.Repeat("filter_not_name=a&", 51))
	if r := s.must(t, 400, "GET", many, a.token, ""); !strings.Contains(r.raw, "at most 50") {
		t.Errorf("51 filters: got %s, want them refused: at most 50", r.raw)
	}
	s.must(t, 200, "GET", a.path("/functions?"+strings.Repeat("filter_not_name=a&", 50)), a.token, "")
}

// Pages with a filter have every match once, in order, even over more documents than are read at a time.
func TestFilteredPages(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	var batch []datastore.Document
	for n := range 700 {
		batch = append(batch, datastore.Document{
			"_id": fmt.Sprintf("%032x", n), "pvt_type": "function",
			"pvt_account_id": a.id,
			"name":           fmt.Sprint(n), "function_js": "return 1", "match": n%100 == 7,
		})
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
		t.Errorf("matches over all pages: got %q, want 7 to 607 in order", got)
	}
	if r := s.must(t, 200, "GET", a.path("/functions?paginate=false"), a.token, ""); len(r.items()) != 700 {
		t.Errorf("items without pages: got %d, want 700", len(r.items()))
	}
}

// Large documents make short pages, and each document is on some page.
func TestHeavyPages(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) { c.PageBytes = 512 << 10 })
	a := s.tenant(t, s.master, "acme")
	db, _ := s.stores.Resolve(datastore.Functions, "")
	source := strings.Repeat("x", 32<<10)
	for n := range 40 {
		if _, err := db.Create(t.Context(), datastore.Document{
			"_id": fmt.Sprintf("%032x", n), "pvt_type": "function",
			"pvt_account_id": a.id,
			"name":           fmt.Sprint(n), "function_js": source,
		}); err != nil {
			t.Fatal(err)
		}
	}
	seen, pages, next := 0, 0, ""
	for pages < 40 {
		pages++
		r := s.must(t, 200, "GET", a.path("/functions?include=function_js"+next), a.token, "")
		seen += len(r.items())
		if len(r.raw) > 600<<10 {
			t.Errorf("a page: got %d bytes, want %d at most", len(r.raw), 600<<10)
		}
		key, more := r.env["next_start_key"].(string)
		if !more {
			break
		}
		next = "&start_key=" + key
	}
	if seen != 40 || pages < 3 {
		t.Errorf("got %d documents on %d pages, want 40 on 3 or more", seen, pages)
	}
	s.must(t, 416, "GET", a.path("/functions?include=function_js&paginate=false"), a.token, "")
	s.must(t, 200, "GET", a.path("/functions?paginate=false"), a.token, "")
}

// Secrets cannot be guessed by filtering.
func TestSecretsAreNotFilterable(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	for _, query := range []string{
		"filter_pvt_api_key=" + a.key, "has_key=pvt_api_key",
		"has_value=pvt_signature_secret",
	} {
		if r := s.must(t, 200, "GET", "/v2/accounts/"+s.master+"/children?"+query, admin, ""); len(r.items()) != 0 {
			t.Errorf("%.20s: got %s, want nothing found", query, r.raw)
		}
	}
	if r := s.must(t, 200, "GET", "/v2/accounts/"+s.master+"/children?filter_name=acme", admin, ""); len(r.items()) != 1 {
		t.Errorf("filter_name=acme: got %s, want one account", r.raw)
	}
}
