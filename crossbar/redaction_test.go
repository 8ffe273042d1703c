package crossbar_test

import (
	"strings"
	"testing"
)

// A refusal never repeats passwords, wherever they are in the request.
func TestRefusalsRepeatNoPassword(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	s.user(t, a, "ann", "other", "user")
	const password = "hunter2hunter2"
	connection := func(settings string) string {
		return `{"data":{"connections":{"` + planUUID + `":{"driver":"kazoo_couch","settings":` + settings + `}},"plan":{}}}`
	}
	for name, c := range map[string]struct{ method, path, body string }{
		"credentials that are a text": {
			"PUT", "/v2/storage",
			connection(`{"ip":"couch","port":5984,"credentials":"admin:` + password + `"}`),
		},
		"credentials in a list": {
			"PUT", "/v2/storage",
			connection(`{"ip":"couch","port":5984,"credentials":["admin","` + password + `"]}`),
		},
		"a password that is an object": {
			"PUT", "/v2/storage",
			connection(`{"ip":"couch","port":5984,"credentials":{"username":"a","password":{"text":"` + password + `"}}}`),
		},
		"settings in a list": {
			"PUT", "/v2/storage",
			connection(`[{"ip":"couch","credentials":{"username":"a","password":"` + password + `"}}]`),
		},
		"a connection with a wrong driver": {
			"PUT", "/v2/storage",
			strings.Replace(connection(`{"ip":"couch","credentials":{"username":"a","password":"`+password+`"}}`), "kazoo_couch",
				"mongo", 1),
		},
		"a URL for a host": {"PUT", "/v2/storage", connection(`{"ip":"http://admin:` + password +
			`@couch:5984","port":5984}`)},
		"a connection of no such tag": {
			"PUT", "/v2/storage",
			`{"data":{"connections":{"main":{"driver":"kazoo_couch","settings":{"credentials":{"password":"` + password +
				`"}}}},"plan":{}}}`,
		},
		"another driver of old": {
			"PATCH", "/v2/storage",
			`{"data":{"connections":{"local":{"settings":{"credentials":{"password":"` + password + `"}}}}}}`,
		},
		"a user's password in a list": {
			"PUT", a.path("/users"),
			`{"data":{"first_name":"F","last_name":"L","username":"bob","password":["` + password + `"]}}`,
		},
		"a device's SIP password in a list": {"PUT", a.path("/devices"), `{"data":{"name":"d","sip":{"password":{"x":"` +
			password + `"}}}}`},
		"a device's SIP settings in a list": {"PUT", a.path("/devices"), `{"data":{"name":"d","sip":[{"password":"` +
			password + `"}]}}`},
		"credentials too long": {"PUT", "/v2/user_auth", `{"data":{"account_name":"acme","credentials":"` +
			strings.Repeat(password, 10) + `"}}`},
		"an API key too short": {"PUT", "/v2/api_auth", `{"data":{"api_key":"` + password + `"}}`},
	} {
		token := admin
		r := s.do(t, c.method, c.path, token, c.body)
		if r.status != 400 {
			t.Errorf("%s: status %d, want 400: %s", name, r.status, r.raw)
		}
		if strings.Contains(r.raw, password) || strings.Contains(s.log.String(), password) {
			t.Errorf("%s: got %s, want no password in the answer nor in the log", name, r.raw)
		}
	}
	// Missing members, and values that are not secret, are still named.
	if r := s.must(t, 400, "PUT", "/v2/api_auth", "", `{"data":{}}`); r.at("data", "api_key", "required",
		"value") != "api_key" {
		t.Errorf("a missing key: got %s, want api_key required", r.raw)
	}
	if r := s.must(t, 400, "PUT", a.path("/devices"), a.token, `{"data":{"name":{"x":"y"}}}`); !strings.Contains(r.raw,
		`{"x":"y"}`) {
		t.Errorf("a wrong name: got %s, want what was sent", r.raw)
	}
}

// A member `verb` of a document has no effect when the document is sent back.
func TestVerbOfADocumentIsAProperty(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	for resource, content := range map[string]string{
		"functions": `"name":"n","function_js":"return 1"`, "callflows": `"numbers":["1000"],"flow":{"module":"hangup",` +
			`"data":{}}`, "lists": `"name":"l"`, "users": `"first_name":"F","last_name":"L"`,
	} {
		for _, verb := range []string{"DELETE", "delete", "GET", "PATCH"} {
			item := a.path("/" + resource + "/" + s.must(t, 201, "PUT", a.path("/"+resource), a.token, `{"data":{`+content+
				`,"verb":"`+verb+`"}}`).id())
			r := s.must(t, 200, "POST", item, a.token, `{"data":{`+content+`,"verb":"`+verb+`","custom":"new"}}`)
			if r.at("data", "verb") != verb || r.at("data", "custom") != "new" || r.at("data", "_read_only", "deleted") != nil {
				t.Errorf("%s with verb %s: %s, want it stored", resource, verb, r.raw)
			}
			if r := s.must(t, 200, "GET", item, a.token, ""); r.at("data", "custom") != "new" {
				t.Errorf("%s with verb %s: %s, want the new one", resource, verb, r.raw)
			}
			s.must(t, 200, "DELETE", item, a.token, "")
		}
	}
}
