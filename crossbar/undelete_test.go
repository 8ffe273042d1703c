package crossbar_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/datastore"
)

// Every softly deleted document is listed, can be restored unchanged, and works again everywhere.
func TestUndelete(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	for resource, content := range map[string]string{
		"functions": `{"name":"f","function_js":"return 1","custom":"x"}`,
		"callflows": `{"name":"c","numbers":["1000"],"flow":{"module":"hangup","data":{}}}`,
		"users":     `{"first_name":"F","last_name":"L","username":"ann","password":"secret"}`, "menus": `{"name":"m"}`,
		"devices": `{"name":"d"}`, "lists": `{"name":"l"}`,
		"temporal_rules": `{"name":"r","cycle":"daily"}`, "temporal_rules_sets": `{"name":"s"}`,
	} {
		t.Run(resource, func(t *testing.T) {
			list := a.path("/" + resource)
			created := s.must(t, 201, "PUT", list, a.token, `{"data":`+content+`}`)
			item := list + "/" + created.id()
			s.must(t, 409, "POST", item+"/undelete", a.token, "")
			if r := s.must(t, 200, "GET", list+"?deleted=true", a.token, ""); len(r.items()) != 0 {
				t.Errorf("deleted before: got %s, want none", r.raw)
			}
			s.clock.Advance(60e9)
			s.must(t, 200, "DELETE", item, a.token, "")
			listed := s.must(t, 200, "GET", list+"?deleted=true", a.token, "").items()
			if len(listed) != 1 {
				t.Fatalf("deleted: %v, want the one", listed)
			}
			shown := listed[0].(map[string]any)
			if shown["id"] != created.id() || shown["deleted"] != true ||
				shown["modified"] != float64(datastore.Gregorian(s.clock.Now())) || shown["name"] == nil {
				t.Errorf("the listing: got %v, want id, name and when it was deleted", shown)
			}
			if r := s.must(t, 200, "GET", b.path("/"+resource+"?deleted=true"), b.token, ""); len(r.items()) != 0 {
				t.Errorf("another account: got %s, want none", r.raw)
			}
			s.must(t, 404, "POST", b.path("/"+resource+"/"+created.id()+"/undelete"), b.token, "")
			back := s.must(t, 200, "POST", item+"/undelete", a.token, "")
			if diff := cmp.Diff(created.data(), back.data()); diff != "" {
				t.Errorf("came back differently (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(created.data(), s.must(t, 200, "GET", item, a.token, "").data(), cmp.FilterPath(isMetadata,
				cmp.Ignore())); diff != "" {
				t.Errorf("is read differently (-want +got):\n%s", diff)
			}
			if r := s.must(t, 200, "GET", list, a.token, ""); len(r.items()) != 1 {
				t.Errorf("the listing: got %s, want the document again", r.raw)
			}
			if r := s.must(t, 200, "GET", list+"?deleted=true", a.token, ""); len(r.items()) != 0 {
				t.Errorf("deleted documents: got %s, want none", r.raw)
			}
			s.must(t, 404, "POST", list+"/"+fmt.Sprintf("%032x", 1)+"/undelete", a.token, "")
		})
	}
}

func isMetadata(p cmp.Path) bool {
	index, ok := p.Last().(cmp.MapIndex)
	return ok && index.Key().String() == "metadata"
}

// What was taken while a document was deleted stays with its new owner.
func TestUndeleteTakesNothingAway(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	callflow := `{"data":{"numbers":["1000"],"flow":{"module":"hangup","data":{}}}}`
	old := a.path("/callflows/" + s.must(t, 201, "PUT", a.path("/callflows"), a.token, callflow).id())
	s.must(t, 200, "DELETE", old, a.token, "")
	heir := a.path("/callflows/" + s.must(t, 201, "PUT", a.path("/callflows"), a.token, callflow).id())
	if r := s.must(t, 400, "POST", old+"/undelete", a.token, ""); r.at("data", "numbers", "unique", "cause") != "1000" {
		t.Errorf("a number that is taken: got %s, want it refused because of 1000", r.raw)
	}
	s.must(t, 404, "GET", old, a.token, "")
	s.must(t, 200, "DELETE", heir, a.token, "")
	s.must(t, 200, "POST", old+"/undelete", a.token, "")

	ann := a.path("/users/" + s.user(t, a, "ann", "secret", "user"))
	s.must(t, 200, "DELETE", ann, a.token, "")
	s.user(t, a, "ann", "other", "user")
	if r := s.must(t, 400, "POST", ann+"/undelete", a.token, ""); r.at("data", "username", "unique") == nil {
		t.Errorf("a name that is taken: got %s, want it refused", r.raw)
	}
	// A hard deletion is final.
	function := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id())
	s.must(t, 200, "DELETE", function+"?should_soft_delete=false", s.login(t, masterKey), "")
	s.must(t, 404, "POST", function+"/undelete", a.token, "")
}

// Saved test cases are deleted and restored with their document. One that was deleted earlier stays deleted.
func TestUndeleteBringsTestCasesBack(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	function := a.path("/functions/" + s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id())
	for _, name := range []string{"kept", "dropped"} {
		id := s.must(t, 201, "PUT", function+"/tests", a.token, `{"data":{"name":"`+name+
			`","call":{},"expected":{"outcome":"ok"}}}`).id()
		if name == "dropped" {
			s.must(t, 200, "DELETE", function+"/tests/"+id, a.token, "")
		}
	}
	s.must(t, 200, "DELETE", function, a.token, "")
	s.must(t, 200, "POST", function+"/undelete", a.token, "")
	var names []any
	for _, item := range s.must(t, 200, "GET", function+"/tests", a.token, "").items() {
		names = append(names, item.(map[string]any)["name"])
	}
	if diff := cmp.Diff([]any{"kept"}, names); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}
