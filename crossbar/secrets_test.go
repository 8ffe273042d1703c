package crossbar_test

import (
	"strings"
	"testing"

	"callfn/crossbar"
	"callfn/internal/account"
)

// A secret can be set, replaced, listed and deleted; no answer and no log line has its value, also where a request is
// refused.
func TestSecrets(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	const value = "hunter2-hunter2"
	check := func(name string, r reply) {
		t.Helper()
		if strings.Contains(r.raw, value) || strings.Contains(s.log.String(), value) || strings.Contains(r.raw, privateKey) {
			t.Errorf("%s: got %s, want nothing of the value in answer and log", name, r.raw)
		}
	}
	set := s.must(t, 201, "PUT", a.path("/secrets/CRM_KEY"), a.token, `{"data":{"value":"`+value+
		`","hosts":["CRM.example.com","*.example.org:8443"]}}`)
	check("set", set)
	if set.at("data", "name") != "CRM_KEY" || set.at("data", "set") != true || set.at("data", "reveal") != false {
		t.Errorf("set: got %s, want CRM_KEY, set, without reveal", set.raw)
	}
	list := s.must(t, 200, "GET", a.path("/secrets"), a.token, "")
	check("list", list)
	if len(list.items()) != 1 || !strings.Contains(list.raw, `["crm.example.com","*.example.org:8443"]`) {
		t.Errorf("list: got %s, want one secret with its hosts", list.raw)
	}
	check("show", s.must(t, 200, "GET", a.path("/secrets/CRM_KEY"), a.token, ""))
	for name, c := range map[string]struct{ path, body, says string }{
		"a short value":              {"/secrets/K", `{"value":"1234567"}`, "8 to 10240 bytes"},
		"a value that is a list":     {"/secrets/K", `{"value":["` + value + `"]}`, "wrong type"},
		"a value under another name": {"/secrets/K", `{"vlaue":"` + value + `"}`, "a secret has value, hosts, reveal"},
		"hosts without the value":    {"/secrets/CRM_KEY", `{"hosts":["evil.example"]}`, "takes the value too"},
		"a value for a host":         {"/secrets/K", `{"value":"12345678","hosts":"` + value + `"}`, "list of texts"},
		"a URL for a host":           {"/secrets/K", `{"value":"12345678","hosts":["https://a.example"]}`, "api.example.com"},
		"every host below com":       {"/secrets/K", `{"value":"12345678","hosts":["*.com"]}`, "one registered domain"},
		"reveal":                     {"/secrets/K", `{"value":"12345678","reveal":true}`, "--allow-reveal"},
		"a name with a dash":         {"/secrets/A-B", `{"value":"12345678"}`, "letters, digits and _"},
	} {
		r := s.must(t, 400, "PUT", a.path(c.path), a.token, `{"data":`+c.body+`}`)
		check(name, r)
		if !strings.Contains(r.raw, c.says) {
			t.Errorf("%s: got %s, want %q", name, r.raw, c.says)
		}
	}
	if r := s.must(t, 200, "GET", a.path("/secrets/CRM_KEY"), a.token, ""); !strings.Contains(r.raw, "crm.example.com") {
		t.Errorf("after refusals: got %s, want the secret as it was", r.raw)
	}
	for _, path := range []string{"/secrets/K", "/secrets/A-B", "/secrets/CRM_KEY%2F"} {
		s.must(t, 404, "GET", a.path(path), a.token, "")
		s.must(t, 404, "DELETE", a.path(path), a.token, "")
	}
	check("delete", s.must(t, 200, "DELETE", a.path("/secrets/CRM_KEY"), a.token, ""))
	s.must(t, 404, "GET", a.path("/secrets/CRM_KEY"), a.token, "")

	s.rewire(t, func(c *crossbar.Config) { c.AllowReveal = true })
	s.must(t, 201, "PUT", a.path("/secrets/SEEN"), a.token, `{"data":{"value":"`+value+`","reveal":true}}`)
}

// An account's secrets go with it, and an export without secrets has their names alone.
func TestSecretsInExportsAndDeletion(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", a.path("/secrets/CRM_KEY"), a.token, aSecret)
	for query, sealed := range map[string]bool{"": false, "&include_secrets=true": true} {
		r := s.must(t, 200, "GET", "/v2/databases/accounts/documents?account_id="+a.id+query, admin, "")
		if strings.Contains(r.raw, "sk_live") || strings.Contains(r.raw, "pvt_sealed_secret") != sealed ||
			!strings.Contains(r.raw, "CRM_KEY") {
			t.Errorf("export%s: got %s, want the name, the sealed text: %t, never the value", query, r.raw, sealed)
		}
	}
	s.must(t, 200, "DELETE", a.path(""), admin, "")
	if list, err := s.cfg.Secrets.List(t.Context(), account.ID(a.id)); err != nil || len(list) != 0 {
		t.Errorf("after the account was deleted: got %v, %v, want no secrets", list, err)
	}
}

// A save warns of declared secrets that the account does not have yet.
func TestFunctionsWithSecretsThatAreNotSet(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", a.path("/secrets/SET"), a.token, aSecret)
	const function = `{"data":{"name":"f","function_js":"return {}","bindings":{"secrets":["SET","UNSET"]}}}`
	r := s.must(t, 201, "PUT", a.path("/functions"), a.token, function)
	if !strings.Contains(r.raw, "no secret UNSET yet") || strings.Contains(r.raw, "no secret SET yet") {
		t.Errorf("got %s, want a warning of UNSET alone", r.raw)
	}
	s.must(t, 201, "PUT", a.path("/secrets/UNSET"), a.token, aSecret)
	if r := s.must(t, 201, "PUT", a.path("/functions"), a.token, function); strings.Contains(r.raw, "no secret") {
		t.Errorf("with both set: got %s, want no warning", r.raw)
	}
}
