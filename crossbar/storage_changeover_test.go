package crossbar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"callfn/crossbar"
	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/storageplan"
)

// awaitMoves waits until this process knows every unfinished move to be in a state.
func (s *stack) awaitMoves(t testing.TB, state storageplan.MigrationState) {
	t.Helper()
	other := func(m storageplan.Migration) bool { return m.State != state }
	await.Value(t, "every move "+string(state), func() (string, bool) {
		moves := s.plans.Migrations()
		return fmt.Sprintf("%+v", moves), !slices.ContainsFunc(moves, other)
	})
}

// finishMoves finishes every move that has switched.
func (s *stack) finishMoves(t testing.TB, admin string) {
	t.Helper()
	for _, m := range s.plans.Migrations() {
		s.must(t, 202, "POST", "/v2/storage/migrations/"+m.ID, admin, `{"data":{"action":"finish"}}`)
	}
	s.awaitMoves(t, storageplan.Finished)
}

// A plan starts a move of each database that it wants elsewhere, empty or not.
func TestStoragePlanMovesDatabases(t *testing.T) {
	s := newStack(t)
	mover := &fakeMover{}
	s.rewire(t, func(c *crossbar.Config) { c.Storage = s.keeper(t, mover) })
	admin := s.login(t, masterKey)
	n := datastoretest.Serve(t, datastoretest.NodeConfig{})
	tenant := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello).id()

	before := s.dump(t)
	r := s.must(t, 200, "PATCH", "/v2/storage?dry_run=true", admin, onNode(t, n))
	want := `[{"database":"functions","documents":1,"from":"local","to":"` + planUUID +
		`"},{"database":"function_runs","documents":0,"from":"local","to":"` + planUUID + `"}]`
	if got, _ := json.Marshal(r.at("data", "moves")); string(got) != want {
		t.Errorf("a dry run: got the moves %s, want %s", got, want)
	}
	if after := s.dump(t); after != before || len(mover.started) > 0 {
		t.Errorf("a dry run: started %q, want nothing started nor changed, got\n%s",
			mover.started, difference(before, after))
	}

	r = s.must(t, 202, "PATCH", "/v2/storage", admin, onNode(t, n))
	if r.at("data", "migration", "state") != "copying" || r.at("data", "migration", "database") != "functions" ||
		r.at("data", "migration", "total") != 1.0 {
		t.Errorf("got %s, want the migration of functions, copying one document", r.raw)
	}
	want = "functions local " + planUUID + ";function_runs local " + planUUID
	if got := strings.Join(mover.started, ";"); got != want {
		t.Errorf("started %s, want %s", got, want)
	}
	if where(r, datastore.Functions) != "local" || where(r, datastore.FunctionRuns) != "local" {
		t.Errorf("got %s, want both databases on local until they have switched", r.raw)
	}
	s.must(t, 200, "GET", tenant.path("/functions/"+id), tenant.token, "")
	if _, err := n.Connection.Database(s.stores.Prefix+datastore.Functions).Get(t.Context(),
		"_design/functions"); err != nil {
		t.Errorf("the new place: got %v, want a design document", err)
	}

	// The way back, without the plan: its connection stays as long as a database is there.
	for _, database := range []string{datastore.Functions, datastore.FunctionRuns} {
		if err := s.plans.Settle(t.Context(), database, planUUID); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, 404, "GET", tenant.path("/functions/"+id), tenant.token, "") // the fake mover copies nothing
	r = s.must(t, 202, "DELETE", "/v2/storage", admin, "")
	if where(r, datastore.Functions) != planUUID || r.at("data", "connections", planUUID) != nil {
		t.Errorf("got %s, want functions on %s, which the plan no longer names", r.raw, planUUID)
	}
	s.must(t, 200, "GET", tenant.path("/functions"), tenant.token, "")
	for _, database := range []string{datastore.Functions, datastore.FunctionRuns} {
		if err := s.plans.Settle(t.Context(), database, storageplan.Local); err != nil {
			t.Fatal(err)
		}
	}
	s.must(t, 200, "GET", tenant.path("/functions/"+id), tenant.token, "")
	if strings.Contains(s.dump(t), fmt.Sprint(n.Port)) {
		t.Errorf("the connection to port %d is still kept, want it gone with the last database", n.Port)
	}
}

// New settings of a connection in use may lead to the same server but not to another, where documents would be left
// behind.
func TestEditedConnectionLeavesNothingBehind(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	n, other := datastoretest.Serve(t, datastoretest.NodeConfig{}), datastoretest.Serve(t, datastoretest.NodeConfig{})
	s.must(t, 202, "PATCH", "/v2/storage", admin, onNode(t, n))
	s.awaitMoves(t, storageplan.Switched)
	tenant := s.tenant(t, s.master, "acme")
	s.must(t, 201, "PUT", tenant.path("/functions"), tenant.token, hello)

	field := "connections." + planUUID + ".settings.ip"
	r := s.must(t, 400, "PATCH", "/v2/storage", admin, onNode(t, other))
	if text, _ := r.at("data", field, "conflict", "message").(string); !strings.Contains(text, "would be left behind") {
		t.Errorf("another server: got %s, want %s refused", r.raw, field)
	}
	// the same holds without a trial of connections
	s.must(t, 400, "PATCH", "/v2/storage?validate_settings=false", admin, onNode(t, other))
	s.must(t, 200, "PATCH", "/v2/storage", admin,
		onNode(t, n, func(c, _ map[string]any) { c["settings"].(map[string]any)["ip"] = "localhost" }))
	if got := len(s.must(t, 200, "GET", tenant.path("/functions"), tenant.token, "").items()); got != 1 {
		t.Errorf("by the other name of the same server: got %d functions, want 1", got)
	}
}

// An empty database moves like any other. Writes of a process that does not know the plan yet are made at the new
// place, there and back.
func TestEmptyDatabasesAreMoved(t *testing.T) {
	s := newStack(t)
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
	resolved := func() *datastore.Database { // before the plan changes
		t.Helper()
		db, err := other.Resolve(datastore.FunctionRuns, "")
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	at := func(c *datastore.Connection) *datastore.Database {
		return c.Database(s.stores.Prefix + datastore.FunctionRuns)
	}
	write := func(db *datastore.Database, id string, there, notThere *datastore.Connection) {
		t.Helper()
		if _, err := db.Create(t.Context(), datastore.Document{"_id": id, "pvt_type": "function_run"}); err != nil {
			t.Error(err)
		}
		if _, err := at(there).Get(t.Context(), id); err != nil {
			t.Errorf("document %s at %s: got %v, want it there", id, there.Address(), err)
		}
		if _, err := at(notThere).Get(t.Context(), id); !errors.Is(err, datastore.ErrNotFound) {
			t.Errorf("document %s at %s: got error %v, want %v", id, notThere.Address(), err, datastore.ErrNotFound)
		}
	}

	local := resolved()
	s.must(t, 202, "PATCH", "/v2/storage", admin, onNode(t, n))
	s.awaitMoves(t, storageplan.Switched)
	write(local, "first", n.Connection, s.stores.Connection)
	if r := s.must(t, 409, "DELETE", "/v2/storage", admin, ""); r.env["message"] != "database_moving" {
		t.Errorf("another plan before the moves are finished: got %s, want database_moving", r.raw)
	}
	s.finishMoves(t, admin)

	remote := resolved()
	s.must(t, 202, "DELETE", "/v2/storage", admin, "")
	s.awaitMoves(t, storageplan.Switched)
	write(remote, "second", s.stores.Connection, n.Connection)
	write(local, "third", s.stores.Connection, n.Connection)
	s.finishMoves(t, admin)
	s.must(t, 404, "DELETE", "/v2/storage", admin, "")
}
