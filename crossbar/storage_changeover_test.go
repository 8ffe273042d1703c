package crossbar_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// A database with documents never just changes over.
func TestStoragePlanMovesDocuments(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	n := datastoretest.Serve(t, datastoretest.NodeConfig{})
	tenant := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello).id()

	before := s.dump(t)
	r := s.must(t, 409, "PATCH", "/v2/storage", admin, onNode(t, n))
	if r.env["message"] != "database_not_empty" || !strings.Contains(r.raw, "functions has documents (1)") {
		t.Error(r.raw)
	}
	if after := s.dump(t); after != before {
		t.Errorf("something changed:\n%s", difference(before, after))
	}

	mover := &fakeMover{}
	s.rewire(t, func(c *crossbar.Config) { c.Storage = s.keeper(t, mover) })
	r = s.must(t, 200, "PATCH", "/v2/storage?dry_run=true", admin, onNode(t, n))
	want := `[{"at_once":false,"database":"functions","documents":1,"from":"local","to":"` + planUUID +
		`"},{"at_once":true,"database":"function_runs","documents":0,"from":"local","to":"` + planUUID + `"}]`
	if got, _ := json.Marshal(r.at("data", "moves")); string(got) != want {
		t.Errorf("a dry run says %s, want %s", got, want)
	}
	if after := s.dump(t); after != before || len(mover.started) > 0 {
		t.Error("a dry run changed something")
	}

	r = s.must(t, 202, "PATCH", "/v2/storage", admin, onNode(t, n))
	if r.at("data", "migration", "state") != "copying" || r.at("data", "migration", "database") != "functions" ||
		r.at("data", "migration", "total") != 1.0 {
		t.Error(r.raw)
	}
	if got := strings.Join(mover.started, ";"); got != "functions local "+planUUID {
		t.Errorf("started %s", got)
	}
	if where(r, datastore.Functions) != "local" || where(r, datastore.FunctionRuns) != planUUID {
		t.Errorf("only the empty database changes over at once: %s", r.raw)
	}
	s.must(t, 200, "GET", tenant.path("/functions/"+id), tenant.token, "")
	if _, err := n.Connection.Database(s.stores.Prefix+datastore.Functions).Get(t.Context(),
		"_design/functions"); err != nil {
		t.Errorf("the place to go to is not set up: %v", err)
	}

	if err := s.plans.Settle(t.Context(), datastore.Functions, planUUID); err != nil {
		t.Fatal(err)
	}
	s.must(t, 404, "GET", tenant.path("/functions/"+id), tenant.token, "") // nothing moved it, in this test

	// Back again, without the plan: its connection is kept as long as something is there.
	s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello)
	r = s.must(t, 202, "DELETE", "/v2/storage", admin, "")
	if where(r, datastore.Functions) != planUUID || r.at("data", "connections", planUUID) != nil {
		t.Error(r.raw)
	}
	s.must(t, 200, "GET", tenant.path("/functions"), tenant.token, "")
	if err := s.plans.Settle(t.Context(), datastore.Functions, storageplan.Local); err != nil {
		t.Fatal(err)
	}
	s.must(t, 200, "GET", tenant.path("/functions/"+id), tenant.token, "")
	if strings.Contains(s.dump(t), fmt.Sprint(n.Port)) {
		t.Error("the connection is still kept")
	}
}

// New settings of a connection in use may lead to the same server, and not to another: documents would be left behind.
func TestEditedConnectionLeavesNothingBehind(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	n, other := datastoretest.Serve(t, datastoretest.NodeConfig{}), datastoretest.Serve(t, datastoretest.NodeConfig{})
	s.must(t, 200, "PATCH", "/v2/storage", admin, onNode(t, n))
	tenant := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello)

	field := "connections." + planUUID + ".settings.ip"
	r := s.must(t, 400, "PATCH", "/v2/storage", admin, onNode(t, other))
	if text, _ := r.at("data", field, "conflict", "message").(string); !strings.Contains(text, "would be left behind") {
		t.Error(r.raw)
	}
	// nor by whoever does not want connections tried
	s.must(t, 400, "PATCH", "/v2/storage?validate_settings=false", admin, onNode(t, other))
	s.must(t, 200, "PATCH", "/v2/storage", admin,
		onNode(t, n, func(c, _ map[string]any) { c["settings"].(map[string]any)["ip"] = "localhost" }))
	if len(s.must(t, 200, "GET", tenant.path("/functions"), tenant.token, "").items()) != 1 {
		t.Error("the function is not found by the other name of the same server")
	}
}

// Documents that another process stored in the old place while an empty database changed over are taken along.
func TestStragglers(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	n := datastoretest.Serve(t, datastoretest.NodeConfig{})
	s.must(t, 200, "PATCH", "/v2/storage", admin, onNode(t, n))
	late := datastore.Document{"_id": strings.Repeat("2", 32), "pvt_type": "function", "name": "late"}
	if _, err := s.stores.Connection.Database(s.stores.Prefix+datastore.Functions).Create(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	there := n.Connection.Database(s.stores.Prefix + datastore.Functions)
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		doc, err := there.Get(t.Context(), late.ID())
		if err == nil && doc.Text("name") == "late" {
			return
		}
		if time.Now().After(until) {
			t.Fatal("left behind:", err)
		}
	}
}

// While an empty database changes over, writes at the old place wait and are made at the new one, those of a process
// that has not heard of the plan too; and going back at once is no different.
func TestAnEmptyDatabaseChangesOverBehindAFence(t *testing.T) {
	s := newStack(t)
	s.rewire(t, func(c *crossbar.Config) { c.Storage = s.keeper(t, c.Migrations.(*mover.Mover)) })
	admin := s.login(t, masterKey)
	n := datastoretest.Serve(t, datastoretest.NodeConfig{})
	other, err := storageplan.Open(t.Context(), storageplan.Config{Main: datastore.Single{
		Connection: s.stores.Connection,
		Prefix:     s.stores.Prefix,
	}, Secret: s.secret, Log: s.logger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	at := func(c *datastore.Connection, name string) *datastore.Database {
		return c.Database(s.stores.Prefix + name)
	}
	has := func(db *datastore.Database, id string, want bool) {
		t.Helper()
		if _, err := db.Get(t.Context(), id); want && err != nil || !want && !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("%s at %s: %v, want it there: %t", id, db.Connection().Address(), err, want)
		}
	}
	// late has resolved the database before the plan changes, and writes after.
	late := func(database string) *datastore.Database {
		t.Helper()
		db, err := other.Resolve(database, "")
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	write := func(db *datastore.Database, id string) {
		t.Helper()
		if _, err := db.Create(t.Context(), datastore.Document{"_id": id, "pvt_type": "function"}); err != nil {
			t.Error(err)
		}
	}
	functions, runs := late(datastore.Functions), late(datastore.FunctionRuns)
	s.must(t, 200, "PATCH", "/v2/storage", admin, onNode(t, n))
	write(functions, "first")
	has(at(n.Connection, datastore.Functions), "first", true)
	has(at(s.stores.Connection, datastore.Functions), "first", false)

	back := late(datastore.FunctionRuns)
	r := s.must(t, 202, "DELETE", "/v2/storage", admin, "") // functions are moved now, runs change over
	if r.at("data", "migration", "database") != datastore.Functions || where(r, datastore.FunctionRuns) != "local" {
		t.Error(r.raw)
	}
	for i, db := range []*datastore.Database{runs, back} {
		id := fmt.Sprint("second ", i)
		write(db, id)
		has(at(s.stores.Connection, datastore.FunctionRuns), id, true)
		has(at(n.Connection, datastore.FunctionRuns), id, false)
	}
	for _, db := range []*datastore.Database{
		at(s.stores.Connection, datastore.Functions),
		at(n.Connection, datastore.FunctionRuns),
	} {
		for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if _, err := db.Get(t.Context(), datastore.FenceID); errors.Is(err, datastore.ErrNotFound) {
				break
			} else if time.Now().After(until) {
				t.Fatalf("the fence around %s at %s stays: %v", db.Name(), db.Connection().Address(), err)
			}
		}
	}
}

// lateWriter stores a document just before the fence stands.
type lateWriter struct {
	fakeMover
	into *datastore.Database
}

func (m *lateWriter) Hold(ctx context.Context, database string, from, to datastore.Single) (func(context.Context) error,
	error,
) {
	if strings.HasSuffix(m.into.Name(), database) {
		_, _ = m.into.Create(ctx, datastore.Document{"_id": "late", "pvt_type": "function"})
	}
	return m.fakeMover.Hold(ctx, database, from, to)
}

// A database that is not empty any more once the fence stands is moved.
func TestALateDocumentIsMoved(t *testing.T) {
	s := newStack(t)
	mover := &lateWriter{into: s.stores.Connection.Database(s.stores.Prefix + datastore.Functions)}
	s.rewire(t, func(c *crossbar.Config) { c.Storage = s.keeper(t, mover) })
	s.must(t, 202, "PATCH", "/v2/storage", s.login(t, masterKey),
		onNode(t, datastoretest.Serve(t, datastoretest.NodeConfig{})))
	if got := strings.Join(mover.started, ";"); got != "functions local "+planUUID {
		t.Errorf("started %q", got)
	}
}

// A place that a database was moved away from still has what it had, behind a fence: an empty database does not just
// change over to there, or what was deleted since would come to light again.
func TestAFormerPlaceIsNotGoneBackToAtOnce(t *testing.T) {
	s := newStack(t)
	mover := &fakeMover{}
	s.rewire(t, func(c *crossbar.Config) { c.Storage = s.keeper(t, mover) })
	n := datastoretest.Serve(t, datastoretest.NodeConfig{})
	for _, name := range []string{datastore.Functions, datastore.FunctionRuns} {
		if _, err := n.Connection.EnsureDatabase(t.Context(), s.stores.Prefix+name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Connection.Database(s.stores.Prefix+datastore.FunctionRuns).Create(t.Context(),
		datastore.Document{"_id": datastore.FenceID}); err != nil {
		t.Fatal(err)
	}
	s.must(t, 202, "PATCH", "/v2/storage", s.login(t, masterKey), onNode(t, n))
	if got := strings.Join(mover.started, ";"); got != "function_runs local "+planUUID {
		t.Errorf("started %q", got)
	}
}
