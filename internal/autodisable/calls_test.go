package autodisable_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/autodisable"
	"callfn/internal/couchnode"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
)

// A function that keeps failing in calls is disabled for every process within a second, since they read the same
// document.
func TestCallsSwitchAFunctionOff(t *testing.T) {
	pool := sandboxtest.Pool(t, 1)
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), queryserver.Engine{Shows: pool, Maps: pool},
		couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	conn, err := datastore.Open(datastore.Config{URL: "http://node", Transport: node.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx := context.Background()
	if _, err := conn.EnsureDatabase(ctx, datastore.Functions); err != nil {
		t.Fatal(err)
	}
	design, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	stores := datastore.Single{Connection: conn}
	db, _ := stores.Resolve(datastore.Functions, "")
	if _, err := couchapp.Install(ctx, db, design); err != nil {
		t.Fatal(err)
	}
	const id = "00000000000000000000000000000001"
	if _, err := db.Create(ctx, datastore.Document{
		"_id": id, "pvt_type": "function", "pvt_account_id": string(acme), "enabled": true, "function_js": "var a;\na.b();",
	}); err != nil {
		t.Fatal(err)
	}
	guard := autodisable.New(autodisable.Config{Datastores: stores, Now: time.Now, Threshold: autodisable.Default()})
	t.Cleanup(guard.Close)
	runner := func(observers ...function.Observer) *function.Runner {
		return function.NewRunner(function.Config{
			Driver: &function.ShowDriver{Database: func() (*datastore.Database, error) { return db, nil }},
			NewRun: func() runs.ID { return "r1" }, Observers: observers,
		})
	}
	here, elsewhere := runner(guard), runner()
	call := function.Request{
		Account: acme, Function: id, Origin: function.FromCall,
		Params: map[string]string{"To": "1000"},
	}
	for i := range 6 {
		if res := here.Run(ctx, call); res.Outcome != runs.Threw {
			t.Fatalf("call %d: got %s %+v, want threw", i, res.Outcome, res.Error)
		}
	}
	start := time.Now()
	for {
		res := elsewhere.Run(ctx, call)
		if res.Outcome == runs.Disabled {
			if want := "the function is disabled: 6 failures in 60 s, last: threw TypeError: cannot read property 'b' of " +
				"undefined, line 2"; res.Error.Message != want {
				t.Errorf("got %q, want %q", res.Error.Message, want)
			}
			t.Logf("off elsewhere after %s", time.Since(start))
			return
		}
		if time.Since(start) > time.Second {
			t.Fatalf("after a second: got %s, want disabled", res.Outcome)
		}
	}
}
