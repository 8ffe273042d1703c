package crossbar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestLogin(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	r := s.must(t, 201, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+strings.ToUpper(a.key)+`"}}`)
	for key, want := range map[string]any{
		"account_id": a.id, "account_name": "acme", "is_reseller": false,
		"reseller_id":       s.master,
		"is_master_account": false, "language": "en-us",
	} {
		if r.at("data", key) != want {
			t.Errorf("%s is %v, want %v", key, r.at("data", key), want)
		}
	}
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(r.env["auth_token"].(string), &claims)
	if err != nil {
		t.Fatal(err)
	}
	if token.Header["alg"] != "RS256" || token.Header["typ"] != "JWT" || len(token.Header["kid"].(string)) != 32 {
		t.Errorf("header: got %v, want RS256, JWT and a key id of 32 digits", token.Header)
	}
	if claims["iss"] != "kazoo" || claims["account_id"] != a.id || claims["method"] != "cb_api_auth" ||
		claims["identity_sig"] == "" ||
		int64(claims["exp"].(float64)) != s.clock.Now().Add(time.Hour).Unix() {
		t.Errorf("claims: got %v, want the account's, for an hour", claims)
	}
	for _, tc := range []struct {
		body   string
		status int
		at     string
	}{
		{`{"data":{"api_key":"` + strings.Repeat("0", 64) + `"}}`, 404, ""},
		{`{"data":{"api_key":"` + strings.Repeat("x", 64) + `"}}`, 404, ""},
		{`{"data":{"api_key":"short"}}`, 400, "api_key minLength"},
		{`{"data":{"api_key":"` + a.key + `","more":1}}`, 400, "more additionalProperties"},
		{`{"data":{}}`, 400, "api_key required"},
	} {
		r := s.do(t, "PUT", "/v2/api_auth", "", tc.body)
		if r.status != tc.status || r.env["auth_token"] != nil {
			t.Errorf("%s: got %d %s, want %d and no token", tc.body, r.status, r.raw, tc.status)
		}
		if tc.at != "" && r.at(append([]string{"data"}, strings.Fields(tc.at)...)...) == nil {
			t.Errorf("%s: got %s, want something at %s", tc.body, r.raw, tc.at)
		}
	}
}

func TestTokenTransport(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for name, r := range map[string]reply{
		"header":         s.do(t, "GET", a.path(""), "", "", "X-Auth-Token: "+a.token),
		"bearer":         s.do(t, "GET", a.path(""), "", "", "Authorization: Bearer "+a.token),
		"bare":           s.do(t, "GET", a.path(""), "", "", "Authorization: "+a.token),
		"query":          s.do(t, "GET", a.path("?auth_token="+a.token), "", ""),
		"envelope":       s.do(t, "PATCH", a.path(""), "", `{"auth_token":"`+a.token+`","data":{"x":1}}`),
		"named envelope": s.do(t, "PATCH", a.path(""), "", `{"Auth-Token":"`+a.token+`","data":{"x":1}}`),
		"own account":    s.do(t, "GET", a.path(""), a.token, "", "X-Auth-Account-ID: "+a.id),
	} {
		if r.status != 200 {
			t.Errorf("%s: got %d %s, want 200", name, r.status, r.raw)
		}
	}
	for name, r := range map[string]reply{
		"none":          s.do(t, "GET", a.path(""), "", ""),
		"nonsense":      s.do(t, "GET", a.path(""), "x.y.z", ""),
		"long":          s.do(t, "GET", a.path(""), strings.Repeat("a", 20000), ""),
		"basic":         s.do(t, "GET", a.path(""), "", "", "Authorization: Basic "+a.token),
		"other account": s.do(t, "GET", a.path(""), a.token, "", "X-Auth-Account-ID: "+s.master),
	} {
		if r.status != 401 || r.env["message"] != "invalid_credentials" || r.env["auth_token"] != nil {
			t.Errorf("%s: got %d %s, want 401 invalid_credentials and no token", name, r.status, r.raw)
		}
	}
}

func TestTokensDie(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)

	t.Run("of age", func(t *testing.T) {
		a := s.tenant(t, s.master, "old")
		s.clock.Advance(59 * time.Minute)
		s.must(t, 200, "GET", a.path(""), a.token, "")
		s.clock.Advance(2 * time.Minute)
		if r := s.must(t, 401, "GET", a.path(""), a.token, ""); r.env["message"] != "invalid credentials" {
			t.Errorf("an expired token: got %s, want invalid credentials", r.raw)
		}
		admin = s.login(t, masterKey)
	})
	t.Run("with the key", func(t *testing.T) {
		a := s.tenant(t, s.master, "rotated")
		second := s.login(t, a.key)
		r := s.must(t, 201, "PUT", a.path("/api_key"), a.token, "")
		fresh, _ := r.at("data", "api_key").(string)
		if len(fresh) != 64 || fresh == a.key {
			t.Errorf("new key: got %q, want another of 64 digits", fresh)
		}
		s.must(t, 401, "GET", a.path(""), a.token, "")
		s.must(t, 401, "GET", a.path(""), second, "")
		s.must(t, 404, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+a.key+`"}}`)
		s.must(t, 200, "GET", a.path(""), s.login(t, fresh), "")
		s.must(t, 200, "GET", a.path(""), admin, "") // no other token is affected
	})
	t.Run("by revocation", func(t *testing.T) {
		a := s.tenant(t, s.master, "revoked")
		second := s.login(t, a.key)
		if r := s.must(t, 200, "DELETE", "/v2/token_auth", a.token, ""); strings.Contains(r.raw, a.token) {
			t.Errorf("got %s, want no dead token in it", r.raw)
		}
		s.must(t, 401, "GET", a.path(""), a.token, "")
		s.must(t, 200, "GET", a.path(""), second, "")
	})
	t.Run("with the signing key, in time", func(t *testing.T) {
		a := s.tenant(t, s.master, "signed")
		if _, err := s.auth.Rotate(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		s.must(t, 200, "GET", a.path(""), a.token, "")
		s.must(t, 200, "GET", a.path(""), s.login(t, a.key), "")
	})
}

// An admin of the master account replaces the signing key, with or without keeping tokens (KAZOO's paths, cb_auth.erl).
func TestSigningKeys(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	admin := s.login(t, masterKey)
	current := func() string {
		return s.must(t, 200, "GET", "/v2/auth/keys", s.login(t, masterKey), "").items()[0].(string)
	}
	first := current()
	shown := s.must(t, 200, "GET", "/v2/auth/keys/"+first, admin, "")
	if pem, _ := shown.at("data", "public_key_pem").(string); !strings.HasPrefix(pem,
		"-----BEGIN RSA PUBLIC KEY-----\n") || shown.at("data", "current") != true {
		t.Errorf("the key: got %s, want it current, as a public key", shown.raw)
	}
	for body, path := range map[string]string{
		`{"data":{}}`:                                "/v2/auth/keys/" + first,
		`{"data":{"action":"eat"}}`:                  "/v2/auth/keys/" + first,
		`{"action":"reset_private_key","data":null}`: "/v2/auth/keys/" + first,
	} {
		s.must(t, 400, "PUT", path, admin, body)
	}
	s.must(t, 404, "PUT", "/v2/auth/keys/"+a.id, admin, `{"data":{"action":"rotate"}}`)
	s.must(t, 404, "GET", "/v2/auth/keys/signing_keys", admin, "")

	s.must(t, 201, "PUT", "/v2/auth/keys/"+first, admin, `{"data":{"action":"rotate"}}`)
	second := current()
	if second == first || len(s.must(t, 200, "GET", "/v2/auth/keys", admin, "").items()) != 2 {
		t.Errorf("rotated from %s: got %s, want another key and two in all", first, second)
	}
	if r := s.must(t, 200, "GET", "/v2/auth/keys/"+first, admin, ""); r.at("data", "current") != false ||
		r.at("data", "retired") == nil {
		t.Errorf("the first key: got %s, want it retired", r.raw)
	}
	s.must(t, 200, "GET", a.path(""), a.token, "")
	s.must(t, 409, "PUT", "/v2/auth/keys/"+first, admin, `{"data":{"action":"rotate"}}`)
	// the request in KAZOO's documentation
	r := s.must(t, 201, "PUT", "/v2/auth/keys/"+second, admin, `{"action":"reset_private_key","data":{}}`)
	if strings.Contains(r.raw, admin) {
		t.Errorf("got %s, want no dead token in it", r.raw)
	}
	for _, token := range []string{a.token, admin} {
		s.must(t, 401, "GET", "/v2/token_auth", token, "")
	}
	s.must(t, 200, "GET", a.path(""), s.login(t, a.key), "")
	if strings.Contains(s.dump(t), "PRIVATE") || len(s.must(t, 200, "GET", "/v2/auth/keys", s.login(t, masterKey),
		"").items()) != 1 {
		t.Error("keys: got more left, want the current one alone")
	}
}

func TestTokenIsShown(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	r := s.must(t, 200, "GET", "/v2/token_auth", a.token, "")
	if r.at("data", "account_id") != a.id || r.at("data", "method") != "cb_api_auth" ||
		r.at("data", "exp") != float64(s.clock.Now().Add(time.Hour).Unix()) {
		t.Errorf("token_auth: got %s, want the account, its method and an hour", r.raw)
	}
}

// An invalid token must not keep a client from logging in again.
func TestStaleTokenOnPublicRoutes(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.clock.Advance(2 * time.Hour)
	s.must(t, 201, "PUT", "/v2/api_auth", a.token, `{"data":{"api_key":"`+a.key+`"}}`)
	s.must(t, 200, "GET", "/v2/functions", a.token, "")
}

// KAZOO's /v2/account is the token's own account, and does not exist without a valid token.
func TestOwnAccountAlias(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	if got := s.must(t, 200, "GET", "/v2/account", a.token, "").id(); got != a.id {
		t.Errorf("the own account: got %q, want %q", got, a.id)
	}
	created := s.must(t, 201, "PUT", "/v2/account/functions", a.token, hello)
	if got := created.header.Get("Location"); got != a.path("/functions/"+created.id()) {
		t.Errorf("Location: got %q, want the function's path", got)
	}
	s.must(t, 200, "GET", "/v2/account/functions/"+created.id(), "", "", "Authorization: Bearer "+a.token)
	s.must(t, 404, "GET", "/v2/account/functions/..%2f", a.token, "")
	for _, token := range []string{"", "x.y.z", a.token + "x", a.token[:len(a.token)-6] + "AAAAAA"} {
		s.must(t, 401, "GET", "/v2/account/functions", token, "")
	}
	s.must(t, 404, "GET", "/v2/accountant", a.token, "")
}

func TestSchemas(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	names := s.must(t, 200, "GET", "/v2/schemas", "", "").items()
	if len(names) < 50 {
		t.Errorf("schemas: got %d, want 50 or more", len(names))
	}
	if r := s.must(t, 200, "GET", "/v2/schemas/functions", "", ""); r.id() != "functions" || r.at("data", "properties",
		"function_js") == nil {
		t.Errorf("schema functions: got %s, want function_js among its properties", r.raw)
	}
	// every segment is decoded
	if r := s.must(t, 200, "GET", "/v2/schemas/callflows%2Eaction", "", ""); r.id() != "callflows.action" {
		t.Errorf("an escaped name: got %s, want callflows.action", r.raw)
	}
	for _, bad := range []string{"nonsense", "..%2f..%2fgo", "%00"} {
		s.must(t, 404, "GET", "/v2/schemas/"+bad, "", "")
		s.must(t, 404, "PUT", "/v2/schemas/"+bad+"/validation", a.token, hello)
	}
	if r := s.must(t, 200, "PUT", "/v2/schemas/functions/validation", a.token, hello); r.at("data", "enabled") != true {
		t.Errorf("a valid function: got %s, want the default of enabled", r.raw)
	}
	if r := s.must(t, 400, "PUT", "/v2/schemas/functions/validation", a.token, `{"data":{}}`); r.at("data", "name",
		"required") == nil {
		t.Errorf("an empty function: got %s, want its name required", r.raw)
	}
}
