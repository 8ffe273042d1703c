package crossbar_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/datastore"
)

func TestAccountAsKazooShowsIt(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	r := s.must(t, 201, "PUT", "/v2/accounts", admin,
		`{"data":{"name":"acme","timezone":"Europe/Berlin","superduper_admin":true,"pvt_superduper_admin":true,`+
			`"api_key":"x","reseller_id":"y"}}`)
	data := r.data()
	realm, _ := data["realm"].(string)
	if !strings.HasSuffix(realm, ".sip.callfn.local") {
		t.Errorf("realm: got %q, want it to end in .sip.callfn.local", realm)
	}
	delete(data, "realm")
	want := map[string]any{
		"id": r.id(), "name": "acme", "timezone": "Europe/Berlin", "enabled": true, "superduper_admin": false,
		"is_reseller": false,
		"reseller_id": s.master, "wnm_allow_additions": false, "created": 63877456800.0, "language": "en-us",
		"billing_mode": "limits_only",
	}
	for key, value := range want {
		if diff := cmp.Diff(value, data[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	if strings.Contains(r.raw, "api_key") || strings.Contains(r.raw, privateKey) {
		t.Errorf("a new account: got %s, want no API key and no private field", r.raw)
	}
	if got := r.header.Get("Location"); got != "/v2/accounts/"+r.id() {
		t.Errorf("Location: got %q, want the account's path", got)
	}
	stored, err := s.accounts.Get(t.Context(), "")
	if err == nil {
		t.Errorf("an account without id: got %v, want an error", stored)
	}
}

func TestAccountRules(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	b := s.tenant(t, a.id, "below")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	for _, tc := range []struct{ name, method, path, body, at string }{
		{"a name twice", "PUT", "/v2/accounts", `{"data":{"name":"ACME!"}}`, "name unique cause"},
		{"a name twice, renaming", "PATCH", b.path(""), `{"data":{"name":"acme"}}`, "name unique message"},
		{"a realm twice", "PUT", "/v2/accounts", `{"data":{"name":"x","realm":"ACME.example"}}`, "realm unique cause"},
		{"no name", "PUT", "/v2/accounts", `{"data":{}}`, "name required"},
		{"nothing in the name", "PUT", "/v2/accounts", `{"data":{"name":"!!!"}}`, "name pattern"},
		{
			"a name of many letters", "PUT", "/v2/accounts", `{"data":{"name":"` + strings.Repeat("x", 129) + `"}}`,
			"name maxLength",
		},
		{"no time zone", "PUT", "/v2/accounts", `{"data":{"name":"x","timezone":"Mars/Olympus"}}`, "timezone wrong_format"},
		{
			"a path as time zone", "PUT", "/v2/accounts", `{"data":{"name":"x","timezone":"../../etc/passwd"}}`,
			"timezone wrong_format",
		},
		{
			"this machine's time zone", "PUT", "/v2/accounts", `{"data":{"name":"x","timezone":"Local"}}`,
			"timezone wrong_format",
		},
		{"replaced by nothing", "POST", b.path(""), `{"data":{}}`, "name required"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := s.dump(t)
			r := s.do(t, tc.method, tc.path, a.token, tc.body)
			if r.status != 400 || r.at(append([]string{"data"}, strings.Fields(tc.at)...)...) == nil {
				t.Errorf("got %d %s, want 400 at %s", r.status, r.raw, tc.at)
			}
			if s.dump(t) != before {
				t.Error("got something stored, want nothing")
			}
		})
	}
	// An account may keep its own name and realm.
	s.must(t, 200, "POST", b.path(""), a.token, `{"data":{"name":"below"}}`)
}

// An account can have the same id here as in KAZOO if an admin of the master account says so.
func TestAccountUnderItsKazooID(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	const id = "0123456789abcdef0123456789abcdef"
	if r := s.must(t, 201, "PUT", "/v2/accounts", a.token, `{"data":{"name":"mine","id":"`+id+`"}}`); r.id() == id {
		t.Errorf("an id that the parent chose: got %s, want another id", r.raw)
	}
	if r := s.must(t, 201, "PUT", "/v2/accounts", admin, `{"data":{"name":"same","id":"`+id+`"}}`); r.id() != id ||
		r.header.Get("Location") != "/v2/accounts/"+id {
		t.Errorf("an id that the system's admin chose: got %s, want id %s", r.raw, id)
	}
	s.must(t, 409, "PUT", "/v2/accounts", admin, `{"data":{"name":"again","id":"`+id+`"}}`)
	for _, bad := range []string{`"x"`, `"_design/accounts"`, `"0123456789ABCDEF0123456789ABCDEF"`, `7`, `""`} {
		if r := s.must(t, 400, "PUT", "/v2/accounts", admin, `{"data":{"name":"bad","id":`+bad+`}}`); r.at("data", "id",
			"pattern") == nil {
			t.Errorf("%s: got %s, want id refused by its pattern", bad, r.raw)
		}
	}
}

func TestAccountKeepsWhatPostDoesNotReplace(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	before := s.must(t, 200, "GET", a.path(""), a.token, "").data()
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"custom":{"a":1,"b":2}}}`)
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"custom":{"a":null,"c":3}}}`)
	r := s.must(t, 200, "GET", a.path(""), a.token, "")
	if diff := cmp.Diff(map[string]any{"b": 2.0, "c": 3.0}, r.at("data", "custom")); diff != "" {
		t.Errorf("a patch merges deep (-want +got):\n%s", diff)
	}
	r = s.must(t, 200, "POST", a.path(""), a.token, `{"data":{"name":"acme 2"}}`)
	if r.at("data", "custom") != nil || r.at("data", "name") != "acme 2" {
		t.Errorf("a replacement: got %s, want the new name and no custom", r.raw)
	}
	if r.at("data", "realm") != before["realm"] {
		t.Errorf("realm: got %v, want %v as before", r.at("data", "realm"), before["realm"])
	}
	s.must(t, 200, "GET", a.path("/api_key"), a.token, "") // the private fields are still there
}

func TestAccountTree(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "a")
	b := s.tenant(t, a.id, "b")
	c := s.tenant(t, b.id, "c")
	s.tenant(t, s.master, "elsewhere")
	names := func(token, path string) string {
		t.Helper()
		var names []string
		for _, item := range s.must(t, 200, "GET", path, token, "").items() {
			names = append(names, item.(map[string]any)["name"].(string))
		}
		return strings.Join(names, " ")
	}
	for _, tc := range []struct{ token, path, want string }{
		{admin, "/v2/accounts/" + s.master + "/children", "a elsewhere"},
		{admin, "/v2/accounts/" + s.master + "/descendants", "a b c elsewhere"},
		{a.token, a.path("/children"), "b"},
		{a.token, a.path("/descendants"), "b c"},
		{c.token, c.path("/children"), ""},
		{admin, c.path("/ancestors"), "master a b"},
		{a.token, c.path("/ancestors"), "a b"}, // nobody sees accounts above its own
		{a.token, c.path("/parents"), "a b"},
		{c.token, c.path("/ancestors"), ""},
	} {
		if got := names(tc.token, tc.path); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.path, got, tc.want)
		}
	}
	if r := s.must(t, 200, "GET", a.path("/descendants"), a.token, ""); strings.Contains(r.raw, s.master) {
		t.Errorf("descendants: got %s, want nothing of the accounts above", r.raw)
	}
	// A page leads to the next one.
	r := s.must(t, 200, "GET", a.path("/descendants?page_size=1"), a.token, "")
	next, _ := r.env["next_start_key"].(string)
	if r = s.must(t, 200, "GET", a.path("/descendants?page_size=1&start_key="+next), a.token,
		""); r.items()[0].(map[string]any)["name"] != "c" || r.env["next_start_key"] != nil {
		t.Errorf("second page: got %s, want c and no further page", r.raw)
	}
}

func TestDisabledAccount(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "a")
	b := s.tenant(t, a.id, "b")
	if r := s.must(t, 200, "PATCH", b.path(""), b.token, `{"data":{"enabled":false}}`); r.at("data", "enabled") != true {
		t.Errorf("an account that switches itself off: got enabled %v, want true", r.at("data", "enabled"))
	}
	if r := s.must(t, 200, "PATCH", b.path(""), a.token, `{"data":{"enabled":false}}`); r.at("data", "enabled") != false {
		t.Errorf("switched off by its parent: got %s, want enabled false", r.raw)
	}
	s.must(t, 401, "GET", b.path(""), b.token, "")
	if r := s.must(t, 400, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+b.key+`"}}`); r.at("data", "account",
		"disabled") == nil {
		t.Errorf("login of a disabled account: got %s, want it told that it is disabled", r.raw)
	}
	// An edit of another member does not enable it again.
	if r := s.must(t, 200, "PATCH", b.path(""), a.token, `{"data":{"flags":["x"]}}`); r.at("data", "enabled") != false {
		t.Errorf("another edit of a disabled account: got %s, want enabled false", r.raw)
	}
	s.must(t, 200, "PATCH", b.path(""), a.token, `{"data":{"enabled":true}}`)
	s.must(t, 200, "GET", b.path(""), b.token, "")
}

func TestDeletingAnAccountLeavesNothing(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	other := s.tenant(t, s.master, "other")
	for i := range 5 {
		id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
		if i == 0 {
			s.must(t, 200, "DELETE", a.path("/functions/"+id), a.token, "")
		}
		s.must(t, 201, "PUT", a.path("/callflows"), a.token,
			fmt.Sprintf(`{"data":{"numbers":["%d"],"flow":{"module":"hangup","data":{}}}}`, 1000+i))
		s.must(t, 201, "PUT", other.path("/functions"), other.token, hello)
		user := s.user(t, a, fmt.Sprintf("user%d", i), "secret", "user")
		if i == 0 {
			s.must(t, 200, "DELETE", a.path("/users/"+user), a.token, "")
		}
		if key, _ := s.pivotKey(t, a, ""); i == 0 {
			s.must(t, 200, "DELETE", a.path("/pivot/keys/"+key), a.token, "")
		}
	}
	below := s.tenant(t, a.id, "below")
	if r := s.must(t, 409, "DELETE", a.path(""), admin, ""); r.env["message"] != "account_has_descendants" {
		t.Errorf("deleting an account with descendants: got %s, want account_has_descendants", r.raw)
	}
	s.must(t, 200, "DELETE", below.path(""), a.token, "")
	r := s.must(t, 200, "DELETE", a.path(""), admin, "")
	if r.at("data", "_read_only", "deleted") != true {
		t.Errorf("the deletion: got %s, want _read_only.deleted true", r.raw)
	}
	for _, name := range datastore.Databases() {
		db, _ := s.stores.Resolve(name, "")
		rows, err := db.AllDocs(t.Context(), datastore.Query{IncludeDocs: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.Doc.Account() == a.id && row.ID != a.id { // its tombstone remains, see below
				t.Errorf("%s: got %v, want nothing of the account but itself", name, row.Doc)
			}
		}
	}
	for _, secret := range []string{a.key, `"acme"`, "user1"} {
		if strings.Contains(s.dump(t), secret) {
			t.Errorf("the datastore: got %.10s… in it, want no secret of the account", secret)
		}
	}
	s.must(t, 401, "GET", a.path(""), a.token, "")
	s.must(t, 404, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+a.key+`"}}`)
	s.must(t, 404, "GET", a.path(""), admin, "")
	if r := s.must(t, 200, "GET", other.path("/functions"), other.token, ""); len(r.items()) != 5 {
		t.Errorf("functions of the other account: got %d, want 5", len(r.items()))
	}
	s.must(t, 201, "PUT", "/v2/accounts", admin, `{"data":{"name":"acme"}}`) // the name is free again
	if r := s.do(t, "DELETE", "/v2/accounts/"+s.master, admin, ""); r.status != 405 {
		t.Errorf("deleting the master account: got %d, want 405", r.status)
	}
}

// Of many concurrent requests for one name, one succeeds.
func TestNamesAreUniqueUnderLoad(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for range 12 {
		wg.Go(func() {
			r := s.do(t, "PUT", "/v2/accounts", admin, `{"data":{"name":"same"}}`)
			mu.Lock()
			defer mu.Unlock()
			codes[r.status]++
		})
	}
	wg.Wait()
	if codes[201] != 1 || codes[400] != 11 {
		t.Errorf("statuses: got %v, want 201 once and 400 eleven times", codes)
	}
}

func TestFunctionsLiveInTheAccountsTimeZone(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "a")
	b := s.tenant(t, a.id, "b")
	zone := func() string {
		t.Helper()
		s.must(t, 201, "PUT", b.path("/functions/run"), b.token, `{"data":{"function_js":"return {}","call":{"To":"1"}}}`)
		return s.runner.last.TimeZone
	}
	if got := zone(); got != "UTC" {
		t.Errorf("nobody has a zone: got %q, want UTC", got)
	}
	s.must(t, 200, "PATCH", "/v2/accounts/"+s.master, admin, `{"data":{"timezone":"Asia/Tokyo"}}`)
	if got := zone(); got != "Asia/Tokyo" {
		t.Errorf("the master's zone: got %q, want Asia/Tokyo", got)
	}
	s.must(t, 200, "PATCH", a.path(""), admin, `{"data":{"timezone":"Europe/Berlin"}}`)
	if got := zone(); got != "Europe/Berlin" {
		t.Errorf("the nearest ancestor's zone: got %q, want Europe/Berlin", got)
	}
	s.must(t, 200, "PATCH", b.path(""), admin, `{"data":{"timezone":"America/New_York"}}`)
	if got := zone(); got != "America/New_York" {
		t.Errorf("its own zone: got %q, want America/New_York", got)
	}
}
