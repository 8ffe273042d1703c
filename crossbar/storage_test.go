package crossbar_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/storageplan"
)

const planUUID = "9ee5860b4d717907dfc63274af0d06e9"

// documentedPlan is the request in KAZOO's documentation, with a UUID and a node's port.
func documentedPlan(t testing.TB, n datastoretest.Node) string {
	t.Helper()
	text, err := os.ReadFile("testdata/kazoo-storage-plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("{UUID}", planUUID, "55984", fmt.Sprint(n.Port)).Replace(string(text))
}

// onNode returns a plan with functions on a node.
func onNode(t testing.TB, n datastoretest.Node, more ...func(connection, rule map[string]any)) string {
	t.Helper()
	connection := map[string]any{"driver": "kazoo_couch", "settings": n.Settings()}
	rule := map[string]any{"connection": planUUID, "database": map[string]any{"names": []any{"functions"}}}
	for _, m := range more {
		m(connection, rule)
	}
	text, err := json.Marshal(map[string]any{"data": map[string]any{
		"connections": map[string]any{planUUID: connection}, "plan": map[string]any{"aggregate": rule},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// where returns where the API says that a database is.
func where(r reply, database string) any {
	return r.at("data", "_read_only", "databases", database, "connection")
}

// KAZOO's documented request works as printed: by PATCH, PUT and POST, with the envelope that KAZOO's own curl omits
// and without it, with the content type JSON, curl's default, or none.
func TestDocumentedStoragePlan(t *testing.T) {
	for _, method := range []string{"PATCH", "PUT", "POST"} {
		for _, kind := range []string{"application/x-www-form-urlencoded", "application/json", ""} {
			for _, enveloped := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %q envelope %t", method, kind, enveloped), func(t *testing.T) {
					s := newStack(t)
					admin := s.login(t, masterKey)
					n := datastoretest.Serve(t, datastoretest.NodeConfig{})
					body := documentedPlan(t, n)
					if enveloped {
						body = `{"data":` + body + `}`
					}
					s.must(t, 202, method, "/v2/storage", admin, body, "Content-Type: "+kind)
					s.awaitMoves(t, storageplan.Switched)

					r := s.must(t, 200, "GET", "/v2/storage", admin, "")
					for database, want := range map[string]string{
						datastore.Functions: planUUID, datastore.FunctionRuns: planUUID,
						datastore.Accounts: "local", datastore.Callflows: "local", datastore.SystemData: "local",
					} {
						if got := where(r, database); got != want {
							t.Errorf("%s is on %v, want %s", database, got, want)
						}
					}
					if r.at("data", "plan", "yodb", "connection") != "local" || r.at("data", "plan", "aggregate", "types", "function",
						"connection") != planUUID {
						t.Errorf("the plan in force: got %s, want connection %s", r.raw, planUUID)
					}
					tenant := s.tenant(t, s.master, "acme")
					id := s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello).id()
					if _, err := n.Connection.Database(s.stores.Prefix+datastore.Functions).Get(t.Context(), id); err != nil {
						t.Errorf("the new place: got %v, want the new function there", err)
					}
					if len(s.must(t, 200, "GET", tenant.path("/functions"), tenant.token, "").items()) != 1 {
						t.Error("the listing in the new place: got another number of functions, want one")
					}
				})
			}
		}
	}
}

// A plan that cannot work is refused before it is stored, and the answer names the field and the reason.
func TestStoragePlansThatCannotWork(t *testing.T) {
	open := datastoretest.Serve(t, datastoretest.NodeConfig{})
	closed := datastoretest.Serve(t, datastoretest.NodeConfig{User: "admin", Password: "right"})
	secure := datastoretest.Serve(t, datastoretest.NodeConfig{TLS: true})
	stopped := datastoretest.Serve(t, datastoretest.NodeConfig{})
	stopped.Stop()
	nothing := httptest.NewServer(nil) // answers 404 to everything
	t.Cleanup(nothing.Close)
	var port int
	_, _ = fmt.Sscanf(nothing.URL, "http://127.0.0.1:%d", &port)
	setting := func(name string, value any) func(connection, rule map[string]any) {
		return func(connection, _ map[string]any) { connection["settings"].(map[string]any)[name] = value }
	}
	ruled := func(name string, value any) func(connection, rule map[string]any) {
		return func(_, rule map[string]any) { rule[name] = value }
	}
	for name, c := range map[string]struct{ body, field, validator, says string }{
		"unknown connection": {
			onNode(t, open, ruled("connection", strings.Repeat("f", 32))), "plan.aggregate.connection",
			"not_found", "invalid reference 'ffff",
		},
		"unknown in a type": {
			onNode(t, open, ruled("types", map[string]any{"function": map[string]any{"connection": "x"}})),
			"plan.aggregate.types.function.connection", "not_found", "invalid reference 'x'",
		},
		"unknown elsewhere": {
			`{"data":{"plan":{"yodb":{"connection":"x"}}}}`, "plan.yodb.connection", "not_found",
			"invalid reference",
		},
		"mistyped UUID": {`{"data":{"connections":{"9EE5":{"driver":"kazoo_couch","settings":{"ip":"x",` +
			`"port":1}}}}}`, "connections.9EE5", "additionalProperties", ""},
		"unreachable": {
			onNode(t, stopped), "connections." + planUUID + ".settings.ip", "unreachable",
			"no CouchDB answers at " + stopped.URL,
		},
		"no such host": {onNode(t, open, setting("ip", "nowhere.invalid")), "connections." + planUUID +
			".settings.ip", "unreachable", "nowhere.invalid"},
		"no CouchDB": {
			onNode(t, open, setting("port", port)), "connections." + planUUID + ".settings.ip",
			"unreachable", "no CouchDB answers",
		},
		"a URL for a host": {
			onNode(t, open, setting("ip", "http://x@y/")), "connections." + planUUID + ".settings.ip",
			"pattern", "",
		},
		"no credentials": {
			onNode(t, closed, setting("credentials", map[string]any{
				"username": "x",
				"password": "wrong",
			})), "connections." + planUUID + ".settings.credentials", "credentials",
			"Name or password is incorrect",
		},
		"numeric password": {
			onNode(t, closed, setting("credentials", map[string]any{"username": "x", "password": 1})),
			"connections." + planUUID + ".settings.credentials.password", "type", "",
		},
		"strange certificate": {onNode(t, secure, setting("tls", map[string]any{})), "connections." + planUUID +
			".settings.ip", "unreachable", "certificate"},
		"no certificate": {onNode(t, secure, setting("tls", map[string]any{"ca": "x"})), "connections." + planUUID +
			".settings.tls.ca", "invalid", "no PEM certificate"},
		"another name": {onNode(t, secure,
			setting("tls", map[string]any{
				"ca":          secure.Settings()["tls"].(map[string]any)["ca"],
				"server_name": "couch.internal",
			})), "connections." + planUUID + ".settings.ip", "unreachable", "couch.internal"},
		"TLS on a plain port": {
			onNode(t, open, setting("is_ssl", true)), "connections." + planUUID + ".settings.ip",
			"unreachable", "",
		},
		"language": {onNode(t, open, setting("functions_language", "erlang")), "connections." + planUUID +
			".settings.functions_language", "enum", ""},
		"unknown setting": {
			onNode(t, open, setting("is_sll", true)), "connections." + planUUID + ".settings.is_sll",
			"additionalProperties", "",
		},
		"accounts, by no names": {
			onNode(t, open, ruled("database", map[string]any{})), "plan.aggregate.connection",
			"forbidden", `"names": ["functions"]`,
		},
		"accounts, by name": {
			onNode(t, open, ruled("database", map[string]any{"names": []any{"accounts"}})),
			"plan.aggregate.connection", "forbidden", "nobody can log in",
		},
		"accounts, by the class": {
			`{"data":{"connections":{"` + planUUID +
				`":{"driver":"kazoo_couch","settings":{"ip":"x","port":1}}},"plan":{"system":{"connection":"` + planUUID + `"}}}}`,
			"plan.system.connection", "forbidden", "accounts",
		},
		"system_data": {
			`{"data":{"connections":{"` + planUUID + `":{"driver":"kazoo_couch","settings":{"ip":"x",` +
				`"port":1}}},"plan":{"system":{"types":{"system_data":{"connection":"` + planUUID + `"}}}}}}`,
			"plan.system.types.system_data.connection", "forbidden", "the storage plan itself is in system_data",
		},
		"one type of many": {
			onNode(t, open, ruled("database", map[string]any{"names": []any{"callflows"}}),
				ruled("types", map[string]any{"menu": map[string]any{"connection": "local"}})),
			"plan.aggregate.types.menu.connection", "invalid", "on one connection",
		},
		"attachments": {
			`{"data":{"attachments":{"` + planUUID + `":{"handler":"s3"}}}}`, "attachments." + planUUID,
			"additionalProperties", "",
		},
		"a local of us": {
			`{"data":{"connections":{"local":{"settings":{}}}}}`, "connections.local.settings",
			"additionalProperties", "",
		},
		"a placeholder for nothing": {
			onNode(t, closed, setting("credentials", map[string]any{
				"username": "admin",
				"password": storageplan.Placeholder,
			})),
			"connections." + planUUID + ".settings.credentials.password", "credentials", "none is kept",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			admin := s.login(t, masterKey)
			before := s.dump(t)
			r := s.must(t, 400, "PATCH", "/v2/storage", admin, c.body)
			text, _ := r.at("data", c.field, c.validator, "message").(string)
			if field, ok := r.data()[c.field].(map[string]any); !ok || field[c.validator] == nil ||
				!strings.Contains(text, c.says) {
				t.Errorf("want %s of %s with %q in %s", c.validator, c.field, c.says, r.raw)
			}
			if strings.Contains(r.raw, "wrong") || strings.Contains(s.log.String(), "wrong\"") {
				t.Errorf("got %s, want no password in it nor in the log", r.raw)
			}
			if after := s.dump(t); after != before {
				t.Errorf("want nothing stored, got\n%s", difference(before, after))
			}
		})
	}
}

// With validate_settings=false no connection is tried, so a plan for a CouchDB that is down can be stored. The
// databases stay where they are until it answers.
func TestStoragePlanUntried(t *testing.T) {
	stopped := datastoretest.Serve(t, datastoretest.NodeConfig{})
	stopped.Stop()
	s := newStack(t)
	admin := s.login(t, masterKey)
	r := s.must(t, 202, "PATCH", "/v2/storage?validate_settings=false", admin, onNode(t, stopped))
	if got := r.at("data", "migration", "state"); got != "copying" || where(r, datastore.Functions) != "local" {
		t.Errorf("a plan for a server that is down: got a move that is %v, want copying, with functions on local: %s",
			got,
			r.raw)
	}
	tenant := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello)
	s.must(t, 400, "PATCH", "/v2/storage?validate_settings=false", admin,
		`{"data":{"plan":{"aggregate":{"connection":"x"}}}}`)
}

// Passwords never come out: not by the API, not in the log, not in readable form in the datastore.
func TestStoragePlanSecrets(t *testing.T) {
	const password = "pass-word-of-couch"
	for name, place := range map[string]func(settings map[string]any){
		"credentials": func(map[string]any) {},
		"settings": func(settings map[string]any) {
			delete(settings, "credentials")
			settings["username"], settings["password"] = "admin", password
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := datastoretest.Serve(t, datastoretest.NodeConfig{User: "admin", Password: password})
			other := datastoretest.Serve(t, datastoretest.NodeConfig{User: "admin", Password: password})
			s := newStack(t)
			admin := s.login(t, masterKey)
			raw := s.must(t, 202, "PATCH", "/v2/storage", admin,
				onNode(t, n, func(c, _ map[string]any) { place(c["settings"].(map[string]any)) })).raw
			s.awaitMoves(t, storageplan.Switched)
			shown := s.must(t, 200, "GET", "/v2/storage", admin, "")
			if !strings.Contains(shown.raw, storageplan.Placeholder) {
				t.Errorf("got %s, want it to show that a password is kept", shown.raw)
			}
			// What was read can be sent back: the password stays.
			data, _ := json.Marshal(map[string]any{"data": shown.data()})
			raw += shown.raw + s.must(t, 200, "POST", "/v2/storage", admin, string(data)).raw
			raw += s.must(t, 200, "PATCH", "/v2/storage", admin, `{"data":{"connections":{"`+planUUID+`":{"name":"x"}}}}`).raw
			raw += s.must(t, 200, "PATCH", "/v2/storage?dry_run=true", admin, onNode(t, n)).raw
			tenant := s.tenant(t, s.master, "acme")
			s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello)

			// A stored password is only used for the server that it was given for.
			r := s.must(t, 400, "PATCH", "/v2/storage?validate_settings=false", admin,
				fmt.Sprintf(`{"data":{"connections":{"%s":{"settings":{"port":%d}}}}}`, planUUID, other.Port))
			if raw += r.raw; !strings.Contains(r.raw, "send the password") {
				t.Errorf("got %s, want it to ask for the password", r.raw)
			}
			if strings.Contains(raw, password) || strings.Contains(s.log.String(), password) || strings.Contains(s.dump(t),
				password) {
				t.Error("got the password shown, want it hidden")
			}
			if strings.Contains(raw, privateKey) || strings.Contains(raw, "sealed") {
				t.Errorf("got %s, want no private fields", raw)
			}
		})
	}
}

// fakeMover starts migrations and does nothing else.
type fakeMover struct{ started []string }

func (m *fakeMover) Start(_ context.Context, database string, from, to storageplan.Tag) (storageplan.Migration, error) {
	m.started = append(m.started, fmt.Sprintf("%s %s %s", database, from, to))
	return storageplan.Migration{
		ID: strings.Repeat("1", 32), Database: database, From: from, To: to,
		State: storageplan.Copying, Total: 1,
	}, nil
}

func (m *fakeMover) Check(context.Context, string, storageplan.Tag) error { return nil }

func TestStoragePlanRevisions(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	s.must(t, 404, "DELETE", "/v2/storage", admin, "")
	if r := s.must(t, 200, "GET", "/v2/storage", admin, ""); r.at("data", "plan", "account", "connection") != "local" ||
		r.header.Get("ETag") != "" {
		t.Errorf("the default plan: got %s, want everything at local, without ETag", r.raw)
	}
	const plan = `{"data":{"plan":{"yodb":{"connection":"local"}}}}`
	first := s.must(t, 201, "PUT", "/v2/storage", admin, plan).header.Get("ETag")
	if r := s.must(t, 409, "PUT", "/v2/storage", admin, plan); r.env["message"] != "datastore_conflict" {
		t.Errorf("a second plan: got %s, want datastore_conflict", r.raw)
	}
	s.must(t, 200, "POST", "/v2/storage", admin, plan, "If-Match: "+first)
	s.must(t, 412, "POST", "/v2/storage", admin, plan, "If-Match: "+first)
	s.must(t, 400, "POST", "/v2/storage", admin, `{}`)
	s.must(t, 400, "POST", "/v2/storage", admin, `{"auth_token":"x"}`)
	r := s.must(t, 200, "PATCH", "/v2/storage", admin,
		`{"data":{"plan":{"modb":{"connection":"local"}},"migration":{"id":"x"},"validate_settings":false,"custom":1}}`)
	if r.at("data", "migration") != nil || r.at("data", "validate_settings") != nil || r.at("data", "custom") != 1.0 {
		t.Errorf("got %s, want custom kept, and neither migration nor validate_settings", r.raw)
	}
	if r := s.must(t, 200, "PATCH", "/v2/storage", admin,
		`{"data":{"plan":{"account":{"connection":"local"},`+
			`"aggregate":{"database":{"names":["webhooks"]}}}}}`); r.env["warnings"] == nil {
		t.Errorf("a plan for webhooks: got %s, want a warning that there are none", r.raw)
	}
	// KAZOO's default plan, as its GET answers it.
	class := `{"connection":"local","attachments":{},"types":{}}`
	s.must(t, 200, "POST", "/v2/storage", admin, `{"data":{"id":"system","attachments":{},"connections":{"local":{}},`+
		`"plan":{"account":`+class+`,"modb":`+class+`,"system":`+class+`,"yodb":`+class+`}}}`)
	s.must(t, 200, "DELETE", "/v2/storage", admin, "")
	s.must(t, 404, "DELETE", "/v2/storage", admin, "")
	s.must(t, 201, "PUT", "/v2/storage", admin, plan)
}

// Requests for plans of accounts and resellers answer that there are none here, and what there is.
func TestNoPlansOfAccounts(t *testing.T) {
	s := newStack(t)
	tenant := s.tenant(t, s.master, "acme")
	for _, path := range []string{"/storage", "/storage/plans", "/storage/plans/system", "/users/" +
		strings.Repeat("1", 32) + "/storage"} {
		if r := s.must(t, 501, "GET", tenant.path(path), tenant.token, ""); !strings.Contains(r.raw, "/v2/storage") ||
			!strings.Contains(r.raw, "out of scope") {
			t.Errorf("got %s, want it out of scope, and /v2/storage named", r.raw)
		}
	}
	s.must(t, 403, "GET", "/v2/storage", tenant.token, "")
}

// showless is an engine that runs no functions, like a CouchDB without `--eval`.
type showless struct{ couchtest.Engine }

func (showless) Show(context.Context, string, string, json.RawMessage, couchnode.ShowRequest) (json.RawMessage, error) {
	return json.RawMessage(`["error","render_error","new Function is not allowed"]`), nil
}

// No plan can put functions where they do not run. The error's field is the language if the plan names one.
func TestStoragePlanWantsFunctionsToRun(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	n := datastoretest.Serve(t, datastoretest.NodeConfig{Engine: showless{}})
	before := s.dump(t)
	r := s.must(t, 400, "PATCH", "/v2/storage", admin, onNode(t, n))
	if text, _ := r.at("data", "plan.aggregate.connection", "functions", "message").(string); !strings.Contains(text,
		"functions cannot run on "+n.URL) {
		t.Errorf("got %s, want it told that functions cannot run on %s", r.raw, n.URL)
	}
	r = s.must(t, 400, "PATCH", "/v2/storage", admin,
		onNode(t, n, func(c, _ map[string]any) { c["settings"].(map[string]any)["functions_language"] = "javascript" }))
	if text, _ := r.at("data", "connections."+planUUID+".settings.functions_language", "functions",
		"message").(string); !strings.Contains(text, "language javascript") {
		t.Errorf("got %s, want language javascript named", r.raw)
	}
	if after := s.dump(t); after != before {
		t.Errorf("want nothing stored, got\n%s", difference(before, after))
	}
}
