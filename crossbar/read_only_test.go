package crossbar_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/datastore"
)

// Every document says when it was created and changed, and by whom. What a client sends of this is ignored.
func TestReadOnlyProperties(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	s.must(t, 200, "PATCH", a.path(""), a.token, `{"data":{"realm":"acme.example"}}`)
	ann := s.user(t, a, "ann", "secret", "admin")
	user := s.userLogin(t, "acme.example", "ann", "secret")
	created := float64(datastore.Gregorian(s.clock.Now()))
	for resource, content := range map[string]string{
		"functions": `{"name":"f","function_js":"return 1"}`,
		"callflows": `{"name":"c","numbers":["1000"],"flow":{"module":"hangup","data":{}}}`,
		"users":     `{"first_name":"F","last_name":"L"}`, "menus": `{"name":"m"}`, "devices": `{"name":"d"}`,
		"lists": `{"name":"l"}`,
	} {
		r := s.must(t, 201, "PUT", a.path("/"+resource), user, `{"data":`+content+`}`)
		byUser := map[string]any{"account_id": a.id, "user_id": ann}
		want := map[string]any{"created": created, "modified": created, "modified_by": byUser}
		if diff := cmp.Diff(any(want), r.at("data", "_read_only")); diff != "" {
			t.Errorf("%s, created (-want +got):\n%s", resource, diff)
		}
		s.clock.Advance(60e9)
		item := a.path("/" + resource + "/" + r.id())
		s.must(t, 200, "PATCH", item, a.token,
			`{"data":{"custom":1,"_read_only":{"created":1,"modified_by":{"account_id":"x"}}}}`)
		want["modified"], want["modified_by"] = float64(datastore.Gregorian(s.clock.Now())),
			map[string]any{"account_id": a.id}
		if diff := cmp.Diff(any(want), s.must(t, 200, "GET", item, a.token, "").at("data", "_read_only")); diff != "" {
			t.Errorf("%s, changed with the account's key (-want +got):\n%s", resource, diff)
		}
		want["deleted"] = true
		if diff := cmp.Diff(any(want), s.must(t, 200, "DELETE", item, a.token, "").at("data", "_read_only")); diff != "" {
			t.Errorf("%s, deleted (-want +got):\n%s", resource, diff)
		}
		created = float64(datastore.Gregorian(s.clock.Now()))
	}
	if r := s.must(t, 200, "GET", a.path(""), a.token, ""); r.at("data", "_read_only", "created") == nil {
		t.Errorf("account: got %s, want _read_only.created", r.raw)
	}
	if r := s.must(t, 200, "GET", a.path("/users?has_key=_read_only.modified_by.user_id"), a.token,
		""); len(r.items()) != 0 {
		t.Errorf("users that a user changed: %s, want none", r.raw)
	}
}

// The answer to a save equals a later read, including the order of members.
func TestAnswersShowWhatIsRead(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	data := func(r reply) string {
		var env struct{ Data json.RawMessage }
		if err := json.Unmarshal([]byte(r.raw), &env); err != nil {
			t.Fatal(err)
		}
		return string(env.Data)
	}
	created := s.must(t, 201, "PUT", a.path("/functions"), a.token,
		`{"data":{"zone":1,"name":"n","function_js":"return 1","b":2,"_x":3}}`)
	item := a.path("/functions/" + created.id())
	if got, want := data(s.must(t, 200, "GET", item, a.token, "")), data(created); got != want {
		t.Errorf("read %s, but created %s", got, want)
	}
	changed := s.must(t, 200, "PATCH", item, a.token, `{"data":{"language_pack":null,"z":1,"a":2}}`)
	if got, want := data(s.must(t, 200, "GET", item, a.token, "")), data(changed); got != want {
		t.Errorf("read %s, but changed to %s", got, want)
	}
}
