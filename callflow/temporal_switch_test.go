package callflow_test

import (
	"context"
	"crypto/rand"
	"testing"

	"callfn/callflow"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/function"
)

// What a caller does to time rules is stored in a call, but not in a rehearsal.
func TestTimeRulesAreSwitched(t *testing.T) {
	stores := datastoretest.Open(t)
	stored := callflow.Stored{Datastores: stores}
	owner := "ac3e0000000000000000000000000001"
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	collection := callflow.ResourceCollection(stores, callflow.TemporalRuleKind)
	if _, err := collection.Save(t.Context(), datastore.Document{
		"_id": id, "pvt_type": "temporal_rule",
		"pvt_account_id": owner, "name": "Night", "cycle": "daily",
	}); err != nil {
		t.Fatal(err)
	}
	run := func(origin function.Origin, action string, rules callflow.RuleSwitch) any {
		t.Helper()
		e := callflow.Executor{Directory: stored, Rules: rules}
		e.Run(context.Background(), callflow.Walk{
			Call: &callflow.Call{Account: acme}, Switch: &testSwitch{}, Origin: origin,
			Flow: callflow.NodeOf(map[string]any{"module": "temporal_route", "data": map[string]any{
				"action": action,
				"rules":  []any{id, "nobody"},
			}}),
		})
		doc, err := collection.Get(t.Context(), owner, id)
		if err != nil {
			t.Fatal(err)
		}
		return doc["enabled"]
	}
	for _, c := range []struct {
		origin function.Origin
		action string
		rules  callflow.RuleSwitch
		want   any
	}{
		{function.FromRehearsal, "enable", stored, nil},
		{function.FromCall, "enable", nil, nil},
		{function.FromCall, "enable", stored, true},
		{function.FromRehearsal, "disable", stored, true},
		{function.FromCall, "disable", stored, false},
		{function.FromCall, "reset", stored, nil},
	} {
		if got := run(c.origin, c.action, c.rules); got != c.want {
			t.Errorf("%s by a %s: enabled is %v, want %v", c.action, c.origin, got, c.want)
		}
	}
}
