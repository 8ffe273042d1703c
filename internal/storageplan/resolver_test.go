package storageplan_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/auth"
	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/storageplan"
)

var (
	secret  = auth.Secret{1, 2, 3}
	discard = slog.New(slog.DiscardHandler)
)

// node is an embedded node on a socket, with every database.
type node struct{ datastoretest.Node }

func startNode(t testing.TB) node {
	t.Helper()
	n := node{datastoretest.Serve(t, datastoretest.NodeConfig{})}
	n.CreateDatabases(t)
	return n
}

func (n node) connection() map[string]any {
	return map[string]any{"driver": "kazoo_couch", "settings": n.Settings()}
}

func (n node) open(t testing.TB) *storageplan.Resolver {
	t.Helper()
	r, err := storageplan.Open(t.Context(), storageplan.Config{
		Main:   datastore.Single{Connection: n.Connection},
		Secret: secret, Log: discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func (n node) store(t testing.TB, doc datastore.Document) datastore.Document {
	t.Helper()
	saved, err := n.Connection.Database(datastore.SystemData).Save(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func noLeaks(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := goleak.Find(ignore); err != nil {
			t.Error(err)
		}
	})
}

// address returns where a resolver has a database.
func address(t testing.TB, r datastore.Resolver, database string) string {
	t.Helper()
	db, err := r.Resolve(database, "")
	if err != nil {
		return err.Error()
	}
	return db.Connection().Address()
}

// awaitAddress waits until every resolver has the database at an address: within a second of the change.
func awaitAddress(t testing.TB, database, want string, all ...*storageplan.Resolver) {
	t.Helper()
	begun := time.Now()
	for _, r := range all {
		await.Value(t, database+" at "+want, func() (string, bool) {
			got := address(t, r, database)
			return got, got == want
		})
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("every resolver followed after %s, want within a second", took)
	}
}

func documented(to map[string]any) datastore.Document {
	return datastore.Document{
		"_id": storageplan.Document, "pvt_type": storageplan.DocumentType, "connections": map[string]any{first: to},
		"plan": map[string]any{"aggregate": map[string]any{
			"connection": first, "database": map[string]any{"names": []any{"functions"}},
			"types": map[string]any{"function": map[string]any{"connection": first}},
		}},
	}
}

// Every process that shares a CouchDB follows the stored plan, edited settings of a connection, and the states of
// migrations.
func TestResolverFollows(t *testing.T) {
	noLeaks(t)
	main, a, b := startNode(t), startNode(t), startNode(t)
	one, two := main.open(t), main.open(t)
	at := func(n node) string { return n.URL }
	awaitAddress(t, datastore.Functions, at(main), one, two)

	doc := main.store(t, documented(a.connection()))
	awaitAddress(t, datastore.Functions, at(a), one, two)
	awaitAddress(t, datastore.FunctionRuns, at(a), one, two)
	for _, stays := range []string{datastore.Accounts, datastore.Callflows, datastore.SystemData} {
		awaitAddress(t, stays, at(main), one, two)
	}

	doc["connections"] = map[string]any{first: b.connection()}
	doc = main.store(t, doc)
	awaitAddress(t, datastore.Functions, at(b), one, two)

	doc["pvt_homes"] = map[string]any{"functions": "local"} // the recorded place takes precedence over the wanted one
	doc = main.store(t, doc)
	awaitAddress(t, datastore.Functions, at(main), one, two)

	migration := datastore.Document{
		"_id": second, "pvt_type": storageplan.MigrationType, "database": "functions",
		"from": "local", "to": first,
	}
	for _, step := range []struct {
		state storageplan.MigrationState
		where node
	}{{storageplan.Copying, main}, {storageplan.Fenced, main}, {storageplan.Switched, b}} {
		migration["state"] = string(step.state)
		migration = main.store(t, migration)
		awaitAddress(t, datastore.Functions, at(step.where), one, two)
	}
	doc["pvt_homes"] = map[string]any{"functions": first}
	main.store(t, doc)
	migration["state"] = string(storageplan.Finished)
	main.store(t, migration)
	awaitAddress(t, datastore.Functions, at(b), one, two)
}

// A writer at the fence waits for the change of its database's home.
func TestChanged(t *testing.T) {
	noLeaks(t)
	main := startNode(t)
	r := main.open(t)
	migration := datastore.Document{
		"_id": second, "pvt_type": storageplan.MigrationType, "database": "functions",
		"from": "local", "to": "local", "state": "fenced",
	}
	migration = main.store(t, migration)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	wait := func(until bool) {
		for changed := r.Changed(); r.Home(datastore.Functions).Fenced != until; changed = r.Changed() {
			select {
			case <-changed:
			case <-ctx.Done():
				t.Fatalf("got the home %+v, want fenced: %t", r.Home(datastore.Functions), until)
			}
		}
	}
	wait(true)
	migration["state"] = "rolled_back"
	main.store(t, migration)
	wait(false)
}

// A database that was resolved before an edit of the settings still works. The old connection is closed when it is
// idle.
func TestEditedSettingsLetRequestsFinish(t *testing.T) {
	noLeaks(t)
	main, a, b := startNode(t), startNode(t), startNode(t)
	r := main.open(t)
	doc := main.store(t, documented(a.connection()))
	old := a.URL
	awaitAddress(t, datastore.Functions, old, r)
	before, err := r.Resolve(datastore.Functions, "function")
	if err != nil {
		t.Fatal(err)
	}
	doc["connections"] = map[string]any{first: b.connection()}
	main.store(t, doc)
	awaitAddress(t, datastore.Functions, b.URL, r)
	if _, err := before.Create(t.Context(), datastore.Document{"_id": "x"}); err != nil {
		t.Errorf("an operation that was resolved before: got error %v, want it done", err)
	}
}

func TestResolveWithoutConnection(t *testing.T) {
	noLeaks(t)
	main := startNode(t)
	doc := documented(nil)
	delete(doc, "connections")
	main.store(t, doc)
	r := main.open(t)
	_, err := r.Resolve(datastore.Functions, "")
	if datastore.KindOf(err) != datastore.ErrUnreachable {
		t.Errorf("got error %v, want %v", err, datastore.ErrUnreachable)
	}
}

// A plan that KAZOO stored may want every aggregate database elsewhere, and have a number for a password. Accounts and
// the plan itself stay where they are.
func TestPlanThatKazooStored(t *testing.T) {
	noLeaks(t)
	main, a := startNode(t), startNode(t)
	connection := a.connection()
	connection["settings"].(map[string]any)["credentials"] = map[string]any{"username": "callfn", "password": 1234}
	main.store(t, datastore.Document{
		"_id": storageplan.Document, "pvt_type": storageplan.DocumentType, "connections": map[string]any{first: connection},
		"plan": map[string]any{
			"aggregate": map[string]any{"connection": first},
			"system":    map[string]any{"connection": first},
		},
	})
	r := main.open(t)
	for database, want := range map[string]string{
		datastore.Accounts: main.URL, datastore.SystemData: main.URL, datastore.Functions: a.URL,
		datastore.FunctionRuns: a.URL, datastore.Callflows: a.URL,
	} {
		if got := address(t, r, database); got != want {
			t.Errorf("%s is at %s, want %s", database, got, want)
		}
	}
	if _, password := r.Plan().Connections[first].Settings.User(); password != "1234" {
		t.Errorf("got the password %q, want %q", password, "1234")
	}
}
