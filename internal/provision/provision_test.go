package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/provision"
	"callfn/internal/provision/sitetest"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// For an administrator and an empty CouchDB, Prepare creates everything and functions run. A second Prepare changes
// nothing.
func TestPrepareAsAdministrator(t *testing.T) {
	for name, c := range map[string]struct{ speaks, wants, gets string }{
		"our query server first":  {"callfn javascript", provision.Auto, couchapp.Callfn},
		"CouchDB's own engine":    {"javascript", provision.Auto, couchapp.JavaScript},
		"what is asked for":       {"callfn javascript", couchapp.JavaScript, couchapp.JavaScript},
		"nothing, asked for auto": {"", provision.Auto, couchapp.Callfn},
		"nothing, asked for one":  {"", couchapp.JavaScript, couchapp.JavaScript},
	} {
		t.Run(name, func(t *testing.T) {
			couch := sitetest.Start(t, strings.Fields(c.speaks)...)
			p, err := couch.Site.Prepare(t.Context(), c.wants)
			if err != nil || p.Language != c.gets || !slices.Equal(p.Created, datastore.Databases()) || !p.Rights.ServerAdmin {
				t.Fatalf("got %+v, error %v; want language %s, every database created, a server's administrator", p, err, c.gets)
			}
			if runs := c.speaks != ""; (p.Runs == nil) != runs {
				t.Errorf("functions do not run because of %v, want them to run: %t", p.Runs, runs)
			} else if !runs && !strings.Contains(p.Runs.Error(), "unknown_query_language") && !strings.Contains(p.Runs.Error(),
				"no query server for language") {
				t.Errorf("functions do not run because of %v, want it to be the unknown language", p.Runs)
			}
			if language, err := couch.Site.InstalledLanguage(t.Context()); err != nil || language != c.gets {
				t.Errorf("got %s installed, error %v; want %s", language, err, c.gets)
			}
			if states, err := couch.Site.Compare(t.Context()); err != nil || len(states) != 0 {
				t.Errorf("got the states %v, error %v; want none", states, err)
			}
			revs := func() map[string]string {
				out := map[string]string{}
				rows, err := couch.Site.Database(datastore.Functions).AllDocs(t.Context(), datastore.Query{})
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range rows {
					out[row.ID] = string(row.Value)
				}
				return out
			}
			before := revs()
			if again, err := couch.Site.Prepare(t.Context(), c.wants); err != nil || len(again.Created) != 0 {
				t.Errorf("prepared again: got %+v, error %v; want nothing created", again, err)
			}
			if diff := cmp.Diff(before, revs()); diff != "" { // no design document of a try is left either
				t.Errorf("prepared again: want no document changed (-before +after):\n%s", diff)
			}
		})
	}
}

// Where functions run without shows, a CouchDB that can run none is fine: its views use its own engine.
func TestPrepareDirect(t *testing.T) {
	for name, c := range map[string]struct{ speaks, wants, gets string }{
		"runs nothing":           {"", provision.Auto, couchapp.JavaScript},
		"runs nothing, as asked": {"", couchapp.Callfn, couchapp.Callfn},
		"our query server":       {"callfn", provision.Auto, couchapp.Callfn},
	} {
		t.Run(name, func(t *testing.T) {
			couch := sitetest.Start(t, strings.Fields(c.speaks)...)
			couch.Site.Direct = true
			if p, err := couch.Site.Prepare(t.Context(), c.wants); err != nil || p.Runs != nil || p.Language != c.gets {
				t.Errorf("got %+v, error %v; want language %s and no reason not to run", p, err, c.gets)
			}
			couch.AsUser("callfn")
			if p, err := couch.Site.Prepare(t.Context(), c.wants); err != nil || p.Runs != nil {
				t.Errorf("with few rights: got %+v, error %v; want no reason not to run", p, err)
			}
		})
	}
}

// With few rights Prepare creates nothing. Its error lists what is missing, with the command that creates it.
func TestPrepareWithFewRights(t *testing.T) {
	couch := sitetest.Start(t, couchapp.Callfn)
	couch.AsUser("callfn", "reader")
	_, err := couch.Site.Prepare(t.Context(), provision.Auto)
	if err == nil || !strings.Contains(err.Error(), "lacks the databases accounts, ") || !strings.Contains(err.Error(),
		`"callfn" may not create them`) ||
		!strings.Contains(err.Error(), "callfn couchdb setup") {
		t.Errorf("got %v, want the missing databases and the command that creates them", err)
	}
	couch = sitetest.Ready(t, couchapp.Callfn)
	couch.AsUser("callfn")
	p, err := couch.Site.Prepare(t.Context(), provision.Auto)
	if err != nil || p.Runs != nil || p.Rights.ServerAdmin || p.Rights.DatabaseAdmin || p.Rights.User != "callfn" {
		t.Errorf("everything is there: got %+v, error %v; want it ready, for user callfn without more rights", p, err)
	}
	db := couch.Site.Database(datastore.Functions)
	doc, err := db.Get(t.Context(), "_design/functions")
	if err != nil {
		t.Fatal(err)
	}
	doc["more"] = 1
	if doc, err = db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	if _, err := couch.Site.Prepare(t.Context(), provision.Auto); err != nil {
		t.Errorf("a design document of another version: got error %v, want it used", err)
	}
	if states, _ := couch.Site.Compare(t.Context()); states[datastore.Functions] != couchapp.Drifted {
		t.Errorf("got the states %v, want %s to be %s", states, datastore.Functions, couchapp.Drifted)
	}
	if err := db.Delete(t.Context(), doc.ID(), doc.Rev()); err != nil {
		t.Fatal(err)
	}
	if _, err := couch.Site.Prepare(t.Context(), provision.Auto); err == nil || !strings.Contains(err.Error(),
		"is missing") || !strings.Contains(err.Error(), "callfn couchdb setup") {
		t.Errorf("no design document: got %v, want that it is missing, and the command that installs it", err)
	}
	couch.Say("GET /_session", sitetest.Status(401, `{"error":"unauthorized","reason":"Name or password is incorrect."}`))
	if _, err := couch.Site.Prepare(t.Context(), provision.Auto); !errors.Is(err, datastore.ErrUnauthorized) {
		t.Errorf("wrong password: got %v, want %v", err, datastore.ErrUnauthorized)
	}
}

// A database administrator may install design documents.
func TestRightsOfADatabaseAdministrator(t *testing.T) {
	couch := sitetest.Ready(t, couchapp.Callfn)
	couch.AsUser("ann", "ops")
	for i, name := range datastore.Databases() {
		group := provision.Group{Names: []string{"ann"}, Roles: []string{}}
		if i%2 == 0 {
			group = provision.Group{Names: []string{}, Roles: []string{"ops"}}
		}
		if err := couch.Site.Stores.Connection.Ask(t.Context(), "PUT", "/"+name+"/_security", map[string]any{"admins": group},
			nil); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := couch.Site.Who(t.Context()); err != nil || !r.DatabaseAdmin || r.ServerAdmin {
		t.Errorf("got %+v, error %v; want a database administrator, and none of the server", r, err)
	}
	if err := couch.Site.Stores.Connection.Ask(t.Context(), "PUT", "/functions/_security",
		map[string]any{"admins": provision.Group{Names: []string{"bob"}, Roles: []string{}}}, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := couch.Site.Who(t.Context()); err != nil || r.DatabaseAdmin {
		t.Errorf("of all databases but one: got %+v, error %v; want no database administrator", r, err)
	}
}

// Secure keeps the rights of others and the members they stored.
func TestSecure(t *testing.T) {
	couch := sitetest.Ready(t, couchapp.Callfn)
	ask := couch.Site.Stores.Connection.Ask
	theirs := `{"admins":{"names":["root"],"roles":[]},"members":{"names":["kazoo"],"roles":["ops"]},"theirs":{"a":1}}`
	if err := ask(t.Context(), "PUT", "/accounts/_security", json.RawMessage(theirs), nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := couch.Site.Secure(t.Context(), "callfn"); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"accounts": `{"admins":{"names":["root"],"roles":[]},"members":{"names":["kazoo","callfn"],"roles":["ops"]},` +
			`"theirs":{"a":1}}`,
	} {
		var got, wanted any
		if err := ask(t.Context(), "GET", "/"+name+"/_security", nil, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("security of %s (-want +got):\n%s", name, diff)
		}
	}
	for _, name := range datastore.Databases() {
		if sec, err := couch.Site.Security(t.Context(), name); err != nil || sec.Public() ||
			!slices.Contains(sec.Members.Names, "callfn") {
			t.Errorf("security of %s: got %+v, error %v; want callfn a member, and not public", name, sec, err)
		}
	}
	couch.Say("PUT /functions/_security", sitetest.Status(403, `{"error":"forbidden","reason":"no"}`))
	if err := couch.Site.Secure(t.Context(), "somebody else"); !errors.Is(err, datastore.ErrUnauthorized) ||
		!strings.Contains(err.Error(), "secure database functions") {
		t.Errorf("got %v, want %v that names the database", err, datastore.ErrUnauthorized)
	}
}

// An existing user keeps its roles and revision and gets the password.
func TestEnsureUser(t *testing.T) {
	couch := sitetest.Start(t)
	couch.Say("HEAD /_users", sitetest.Status(200, "")) // the node has no users
	couch.Say("GET /_session", sitetest.Status(401, `{"error":"unauthorized","reason":"Name or password is incorrect."}`))
	couch.Say("GET /_users", sitetest.Status(404, `{"error":"not_found","reason":"missing"}`))
	var stored map[string]any
	couch.Say("PUT /_users/org.couchdb.user:callfn", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &stored)
		sitetest.Status(201, `{"ok":true}`)(w, r)
	})
	if err := couch.Site.EnsureUser(t.Context(), "callfn", "s3cret"); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"_id": "org.couchdb.user:callfn", "name": "callfn", "type": "user", "roles": []any{},
		"password": "s3cret",
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored user (-want +got):\n%s", diff)
	}
	couch.Say("GET /_users/org.couchdb.user:callfn",
		sitetest.Status(200, `{"_id":"org.couchdb.user:callfn","_rev":"2-a","name":"callfn","roles":["ops"],`+
			`"derived_key":"x"}`))
	if err := couch.Site.EnsureUser(t.Context(), "callfn", "other"); err != nil {
		t.Fatal(err)
	}
	want = maps.Clone(want)
	want["_rev"], want["roles"], want["password"] = "2-a", []any{"ops"}, "other"
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored user (-want +got):\n%s", diff)
	}
	couch.Say("PUT /_users/org.couchdb.user:callfn", sitetest.Status(403, `{"error":"forbidden","reason":"no"}`))
	if err := couch.Site.EnsureUser(t.Context(), "callfn", "s3cret"); err == nil || strings.Contains(err.Error(),
		"s3cret") {
		t.Errorf("got %v, want an error without the password", err)
	}
}

// A changed probe function is restored.
func TestProbe(t *testing.T) {
	couch := sitetest.Ready(t, couchapp.Callfn)
	db := couch.Site.Database(datastore.Functions)
	if err := couch.Site.Run(t.Context()); err == nil {
		t.Error("got no error before there is a probe, want one")
	}
	for range 2 {
		if err := couch.Site.StoreProbe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := couch.Site.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := db.Get(t.Context(), provision.ProbeID)
	if err != nil || !strings.HasPrefix(doc.Rev(), "1-") {
		t.Fatalf("got the probe %v, error %v; want it stored once", doc, err)
	}
	doc["function_js"] = "return {module: 'hangup'}"
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	if err := couch.Site.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "was answered by") {
		t.Errorf("a function that is not the probe: got %v, want what it answered", err)
	}
	if err := errors.Join(couch.Site.StoreProbe(t.Context()), couch.Site.Run(t.Context())); err != nil {
		t.Errorf("the probe stored again: got %v, want it to run", err)
	}
	couch.Say("/functions/_design/functions/_show",
		sitetest.Status(500, `{"error":"render_error","reason":"function raised error: (new EvalError(\"call to Function() `+
			`blocked by CSP\", \"main.js\", 1)"}`))
	if err := couch.Site.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "blocks `new Function`") {
		t.Errorf("without eval: got %v, want that `new Function` is blocked", err)
	}
}

// Prove works for any driver, including one whose documents are in no database.
func TestProve(t *testing.T) {
	engine := engine(func(doc json.RawMessage) (runs.Report, error) {
		var d struct {
			Source string `json:"function_js"`
		}
		if err := json.Unmarshal(doc, &d); err != nil || d.Source == "" {
			return runs.Report{}, errors.New("no probe")
		}
		return runs.Report{Outcome: runs.Crashed, Error: &runs.Failure{Message: "signal 11"}}, nil
	})
	err := provision.Prove(t.Context(), function.DirectDriver{Documents: provision.ProbeCopy{}, Engine: engine})
	if err == nil || !strings.Contains(err.Error(), "ended as crashed: signal 11") {
		t.Error(err)
	}
}

type engine func(doc json.RawMessage) (runs.Report, error)

func (f engine) Show(_ context.Context, doc queryserver.Document, _ function.Evaluation) (runs.Report, error) {
	return f(doc.JSON())
}
