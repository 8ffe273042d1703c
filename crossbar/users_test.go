package crossbar_test

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/numbers"
)

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func sha1Hex(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// user creates a user of an account and returns its id.
func (s *stack) user(t testing.TB, a tenant, name, password, level string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"data": map[string]any{
		"first_name": "F", "last_name": "L", "username": name, "password": password, "priv_level": level, "email": name +
			"@example.com",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s.must(t, 201, "PUT", a.path("/users"), s.login(t, masterKey), string(body)).id()
}

// userLogin returns a token in the way of KAZOO's clients.
func (s *stack) userLogin(t testing.TB, realm, name, password string) string {
	t.Helper()
	r := s.must(t, 201, "PUT", "/v2/user_auth", "", `{"data":{"account_realm":"`+realm+`","credentials":"`+
		md5Hex(name+":"+password)+`"}}`)
	token, _ := r.env["auth_token"].(string)
	return token
}

// assign assigns a number to an account.
func (s *stack) assign(t testing.TB, to tenant, number string) {
	t.Helper()
	table := numbers.Table{Datastores: s.stores, Now: s.clock.Now}
	if _, err := table.Assign(t.Context(), number, account.ID(to.id), nil, datastore.Stamp{}); err != nil {
		t.Fatal(err)
	}
}

func TestUserLogin(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	created := s.must(t, 201, "PUT", a.path("/users"), a.token,
		`{"data":{"first_name":"Ann","last_name":"Admin","username":"Ann@Acme","password":"s3cret!","priv_level":"admin",`+
			`"credentials":"`+md5Hex("x")+`"}}`)
	if created.at("data", "username") != "ann@acme" || created.at("data", "password") != nil ||
		created.at("data", "credentials") != nil {
		t.Errorf("created: got %s, want the user without password and credentials", created.raw)
	}
	s.assign(t, a, "4158867900")
	s.assign(t, b, "4158867901")
	s.must(t, 201, "PUT", a.path("/callflows"), a.token, `{"data":{"numbers":["1000","+14158867902","no_match"],`+
		`"flow":{"module":"hangup","data":{}}}}`)
	good, goodSHA := md5Hex("ann@acme:s3cret!"), sha1Hex("ann@acme:s3cret!")
	for name, body := range map[string]string{
		"name":          `{"credentials":"` + good + `","account_name":"acme"}`,
		"other name":    `{"credentials":"` + good + `","account_name":"ACME!"}`,
		"realm":         `{"credentials":"` + good + `","account_realm":"Acme.example"}`,
		"realm as such": `{"credentials":"` + good + `","realm":"acme.example"}`,
		"both realms":   `{"credentials":"` + good + `","account_realm":"acme.example","realm":"nobody.example"}`,
		"upper case":    `{"credentials":"` + strings.ToUpper(good) + `","account_name":"acme","method":"md5"}`,
		"number":        `{"credentials":"` + good + `","phone_number":"+14158867900"}`,
		"dialled":       `{"credentials":"` + good + `","phone_number":"4158867900"}`,
		"written":       `{"credentials":"` + good + `","phone_number":"+1 (415) 886-7900"}`,
		"next way": `{"credentials":"` + good + `","phone_number":"+14158867999","account_realm":"nobody.example",` +
			`"account_name":"acme"}`,
		"sha": `{"credentials":"` + goodSHA + `","account_name":"acme","method":"sha"}`,
	} {
		r := s.must(t, 201, "PUT", "/v2/user_auth", "", `{"data":`+body+`}`)
		if r.at("data", "account_id") != a.id || r.at("data", "owner_id") != created.id() ||
			r.at("data", "account_name") != "acme" {
			t.Errorf("%s: got %s, want account, owner and account's name", name, r.raw)
		}
		var claims jwt.MapClaims
		if _, _, err := jwt.NewParser().ParseUnverified(r.env["auth_token"].(string), &claims); err != nil {
			t.Fatal(err)
		}
		if claims["owner_id"] != created.id() || claims["method"] != "cb_user_auth" || claims["account_id"] != a.id {
			t.Errorf("%s: got claims %v, want the user's", name, claims)
		}
	}
	for name, tc := range map[string]struct {
		body   string
		status int
		at     string
	}{
		"wrong password":      {`{"credentials":"` + md5Hex("ann@acme:x") + `","account_name":"acme"}`, 401, "message"},
		"of the other hash":   {`{"credentials":"` + good + `","account_name":"acme","method":"sha"}`, 401, "message"},
		"no digest":           {`{"credentials":"s3cret!","account_name":"acme"}`, 401, "message"},
		"another's account":   {`{"credentials":"` + good + `","account_name":"other"}`, 401, "message"},
		"unknown name":        {`{"credentials":"` + good + `","account_name":"nobody"}`, 401, "message"},
		"no letters":          {`{"credentials":"` + good + `","account_name":"!!!"}`, 401, "message"},
		"unknown realm":       {`{"credentials":"` + good + `","account_realm":"nobody.example"}`, 401, "message"},
		"unknown other realm": {`{"credentials":"` + good + `","realm":"nobody.example"}`, 401, "message"},
		"a realm too short":   {`{"credentials":"` + good + `","realm":"x"}`, 400, "realm minLength"},
		"unknown number":      {`{"credentials":"` + good + `","phone_number":"+14158867999"}`, 401, "message"},
		"another's number":    {`{"credentials":"` + good + `","phone_number":"+14158867901"}`, 401, "message"},
		"of a callflow only":  {`{"credentials":"` + good + `","phone_number":"+14158867902"}`, 401, "message"},
		"an extension":        {`{"credentials":"` + good + `","phone_number":"1000"}`, 401, "message"},
		"no number":           {`{"credentials":"` + good + `","phone_number":"no_match"}`, 401, "message"},
		"no account":          {`{"credentials":"` + good + `"}`, 400, "account_name required"},
		"no credentials":      {`{"account_name":"acme"}`, 400, "credentials required"},
		"unknown method":      {`{"credentials":"` + good + `","account_name":"acme","method":"none"}`, 400, "method enum"},
		"a list for a realm":  {`{"credentials":"` + good + `","account_realm":["x"]}`, 400, "account_realm type"},
	} {
		s.clock.Advance(failureReturnsKey) // keeps the limit of failures per key out of this test
		r := s.do(t, "PUT", "/v2/user_auth", "", `{"data":`+tc.body+`}`)
		if r.status != tc.status || r.env["auth_token"] != nil ||
			r.at(append([]string{"data"}, strings.Fields(tc.at)...)...) == nil {
			t.Errorf("%s: got %d %s, want %d at %s and no token", name, r.status, r.raw, tc.status, tc.at)
		}
	}
	s.must(t, 200, "GET", b.path(""), b.token, "")

	// The datastore has neither password nor digest, so that nobody who reads it can log in.
	dump := s.dump(t)
	for _, secret := range []string{"s3cret!", good, goodSHA} {
		if strings.Contains(dump, secret) || strings.Contains(s.log.String(), secret) {
			t.Errorf("datastore and log: got %s in one of them, want it in neither", secret)
		}
	}
}

func TestUserRules(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	list := a.path("/users")
	ann := s.user(t, a, "ann", "secret", "user")
	s.user(t, b, "ann", "secret", "user") // another account may have the same names
	nobody := s.must(t, 201, "PUT", list, a.token, `{"data":{"first_name":"No","last_name":"Login"}}`).id()
	for _, tc := range []struct{ name, method, path, body, at string }{
		{"no name", "PUT", list, `{}`, "first_name required"},
		{
			"a user name twice", "PUT", list, `{"first_name":"F","last_name":"L","username":"ANN","password":"x"}`,
			"username unique cause",
		},
		{
			"a user name without password", "PUT", list, `{"first_name":"F","last_name":"L","username":"eve"}`,
			"password required",
		},
		{
			"a password without user name", "PUT", list, `{"first_name":"F","last_name":"L","password":"x"}`,
			"username required",
		},
		{"an empty password", "PATCH", list + "/" + ann, `{"password":""}`, "password minLength"},
		{"a password that is none", "PATCH", list + "/" + ann, `{"password":{}}`, "password type"},
		{"a new user name without password", "PATCH", list + "/" + ann, `{"username":"anna"}`, "password required"},
		{"a first user name without password", "PATCH", list + "/" + nobody, `{"username":"no"}`, "password required"},
		{"an unknown level", "PATCH", list + "/" + ann, `{"priv_level":"root"}`, "priv_level enum"},
		{
			"signs in a user name", "PUT", list, `{"first_name":"F","last_name":"L","username":"a b:c","password":"x"}`,
			"username pattern",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := s.dump(t)
			r := s.do(t, tc.method, tc.path, a.token, `{"data":`+tc.body+`}`)
			if r.status != 400 || r.at(append([]string{"data"}, strings.Fields(tc.at)...)...) == nil {
				t.Errorf("got %d %s, want 400 at %s", r.status, r.raw, tc.at)
			}
			if s.dump(t) != before {
				t.Error("got something stored, want nothing")
			}
		})
	}
	r := s.must(t, 200, "GET", list, a.token, "")
	var names []any
	for _, item := range r.items() {
		names = append(names, item.(map[string]any)["username"])
	}
	if len(names) != 2 || strings.Contains(r.raw, "password") || strings.Contains(r.raw, privateKey) {
		t.Errorf("the listing: got %s, want two users without secrets", r.raw)
	}
	if r := s.must(t, 200, "GET", list+"?filter_username=ann", a.token, ""); len(r.items()) != 1 {
		t.Errorf("filter_username=ann: got %s, want one user", r.raw)
	}
	for _, query := range []string{"has_key=pvt_credentials", "has_key=pvt_signature_secret"} {
		if r := s.must(t, 200, "GET", list+"?"+query, a.token, ""); len(r.items()) != 0 {
			t.Errorf("%s: got %s, want nothing found", query, r.raw)
		}
	}
	// A user is a document like others: invisible from elsewhere, and no account.
	s.must(t, 404, "GET", b.path("/users/"+ann), b.token, "")
	s.must(t, 404, "GET", a.path("/functions/"+ann), a.token, "")
	s.must(t, 404, "GET", a.path("/users/"+a.id), a.token, "")
	s.must(t, 404, "GET", "/v2/accounts/"+ann, s.login(t, masterKey), "")
	s.must(t, 403, "GET", "/v2/accounts/"+ann, a.token, "")
}

func TestUserTokensDie(t *testing.T) {
	for _, tc := range []struct {
		name string
		act  func(s *stack, a tenant, user, token string)
		want [2]int // the results of bob's old token and old password
		at   string
	}{
		{"with the password", func(s *stack, a tenant, user, _ string) {
			s.must(t, 200, "PATCH", a.path("/users/"+user), a.token, `{"data":{"password":"other"}}`)
		}, [2]int{401, 401}, ""},
		{"with the user name", func(s *stack, a tenant, user, _ string) {
			s.must(t, 200, "PATCH", a.path("/users/"+user), a.token, `{"data":{"username":null}}`)
		}, [2]int{401, 401}, ""},
		{"with the user", func(s *stack, a tenant, user, _ string) {
			s.must(t, 200, "DELETE", a.path("/users/"+user), a.token, "")
			if strings.Contains(s.dump(t), "pvt_credentials") {
				t.Error("a deleted user: got credentials kept, want none")
			}
		}, [2]int{401, 401}, ""},
		{"while the user is off", func(s *stack, a tenant, user, _ string) {
			s.must(t, 200, "PATCH", a.path("/users/"+user), a.token, `{"data":{"enabled":false}}`)
		}, [2]int{401, 400}, "user disabled"},
		{"while the account is off", func(s *stack, a tenant, _, _ string) {
			s.must(t, 200, "PATCH", a.path(""), s.login(t, masterKey), `{"data":{"enabled":false}}`)
		}, [2]int{401, 400}, "account disabled"},
		{
			"by revocation", func(s *stack, _ tenant, _, token string) { s.must(t, 200, "DELETE", "/v2/token_auth", token, "") },
			[2]int{401, 201},
			"",
		},
		{"not with another edit", func(s *stack, a tenant, user, _ string) {
			s.must(t, 200, "PATCH", a.path("/users/"+user), a.token, `{"data":{"email":"bob@acme.example"}}`)
			s.must(t, 200, "POST", a.path("/users/"+user), a.token,
				`{"data":{"first_name":"B","last_name":"B","username":"Bob"}}`)
		}, [2]int{200, 201}, ""},
		{"not with the account's key", func(s *stack, a tenant, _, _ string) {
			s.must(t, 201, "PUT", a.path("/api_key"),
				a.token, "")
		}, [2]int{200, 201}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStack(t)
			a := s.tenant(t, s.master, "acme")
			user := s.user(t, a, "bob", "secret", "user")
			s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
			token := s.userLogin(t, "acme.example", "bob", "secret")
			s.must(t, 200, "GET", a.path("/functions"), token, "")
			tc.act(s, a, user, token)
			if got := s.do(t, "GET", a.path("/functions"), token, ""); got.status != tc.want[0] {
				t.Errorf("the token: got %d %s, want %d", got.status, got.raw, tc.want[0])
			}
			r := s.do(t, "PUT", "/v2/user_auth", "", `{"data":{"account_name":"acme","credentials":"`+md5Hex("bob:secret")+`"}}`)
			if r.status != tc.want[1] || (tc.at != "" && r.at(append([]string{"data"}, strings.Fields(tc.at)...)...) == nil) {
				t.Errorf("the password: got %d %s, want %d", r.status, r.raw, tc.want[1])
			}
		})
	}
}

// A plain user may change itself, but not its rights.
func TestUserChangesItself(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	bob, ann := s.user(t, a, "bob", "secret", "user"), s.user(t, a, "ann", "secret", "admin")
	token := s.userLogin(t, "acme.example", "bob", "secret")
	r := s.must(t, 200, "PATCH", a.path("/users/"+bob), token,
		`{"data":{"priv_level":"admin","enabled":false,"email":"bob@acme.example","password":"new"}}`)
	if r.at("data", "priv_level") != "user" || r.at("data", "enabled") != true ||
		r.at("data", "email") != "bob@acme.example" {
		t.Errorf("a user that edits itself: got %s, want its email changed, and neither level nor enabled", r.raw)
	}
	token = s.userLogin(t, "acme.example", "bob", "new")
	s.must(t, 403, "PATCH", a.path("/users/"+ann), token, `{"data":{"password":"mine"}}`)
	s.must(t, 403, "DELETE", a.path("/users/"+bob), token, "")
	created := s.must(t, 201, "PUT", a.path("/functions"), token, hello)
	db, _ := s.stores.Resolve(datastore.Functions, "")
	doc, err := db.Get(t.Context(), created.id())
	if diff := cmp.Diff([]any{bob, a.id, nil}, []any{
		doc["pvt_auth_user_id"], doc["pvt_auth_account_id"],
		err,
	}); diff != "" {
		t.Errorf("who created it (-want +got):\n%s", diff)
	}
	if r := s.must(t, 200, "GET", "/v2/token_auth", token, ""); r.at("data", "owner_id") != bob ||
		r.at("data", "method") != "cb_user_auth" {
		t.Errorf("token_auth: got %s, want the user and its method", r.raw)
	}
}

func TestUserLoginAttemptsAreLimited(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.user(t, a, "bob", "secret", "user")
	codes := map[int]int{}
	for i := range 50 {
		request := httptest.NewRequest("PUT", "/v2/user_auth",
			strings.NewReader(`{"data":{"account_name":"acme","credentials":"`+md5Hex(string(rune('a'+i)))+`"}}`))
		request.RemoteAddr = "198.51.100.7:1000"
		codes[s.send(t, request).status]++
	}
	if codes[401] != 30 || codes[429] != 20 {
		t.Errorf("statuses: got %v, want 401 thirty times and 429 twenty times", codes)
	}
}

// A number leads to the account that it is assigned to, whichever account has it in a callflow.
func TestLoginByNumber(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	ann := s.user(t, a, "ann", "s3cret", "user")
	other := s.tenant(t, s.master, "other")
	s.user(t, other, "ann", "another", "user")
	s.must(t, 201, "PUT", other.path("/callflows"), other.token, `{"data":{"numbers":["+14158867900"],`+
		`"flow":{"module":"hangup","data":{}}}}`)
	s.assign(t, a, "+14158867900")
	s.assign(t, other, "+14158867955")
	for name, rest := range map[string]string{
		"the number":                         `"phone_number":"+14158867900"`,
		"the number and the realm":           `"phone_number":"+14158867900","realm":"acme.example"`,
		"others' number and the own realm":   `"phone_number":"+14158867955","account_realm":"acme.example"`,
		"others' number and the own name":    `"phone_number":"+14158867955","account_name":"acme"`,
		"an unknown number and the own name": `"phone_number":"+14158867999","account_name":"acme"`,
	} {
		r := s.do(t, "PUT", "/v2/user_auth", "", `{"data":{"credentials":"`+md5Hex("ann:s3cret")+`",`+rest+`}}`)
		if r.status != 201 || r.at("data", "owner_id") != ann || r.at("data", "account_id") != a.id {
			t.Errorf("%s: %d %s, want a token of ann", name, r.status, r.raw)
		}
	}
	s.must(t, 401, "PUT", "/v2/user_auth", "", `{"data":{"credentials":"`+md5Hex("ann:s3cret")+
		`","phone_number":"+14158867955"}}`)
	s.must(t, 401, "PUT", "/v2/user_auth", "", `{"data":{"credentials":"`+md5Hex("ann:wrong")+
		`","phone_number":"+14158867900"}}`)
}
