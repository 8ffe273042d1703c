package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"callfn/internal/account"
	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

// witness is a place, for stored functions and drafts, that remembers for whom it was asked.
type witness struct{ last function.Evaluation }

func (r *witness) Evaluate(_ context.Context, e function.Evaluation) (runs.Report, error) {
	r.last = e
	return runs.Report{Outcome: runs.OK, Value: json.RawMessage(`{"module":"hangup","data":{}}`)}, nil
}

func (r *witness) EvaluateDraft(ctx context.Context, _ string, e function.Evaluation) (runs.Report, error) {
	return r.Evaluate(ctx, e)
}

func (*witness) Parse(context.Context, string, account.ID, account.ID) (*runs.Failure, error) {
	return nil, nil
}

// what a caller may give as parameters, to be taken for account "b".
var pretending = map[string]map[string]string{
	"nothing":         nil,
	"no account":      {"To": "1000"},
	"another account": {"Account-ID": "b", "To": "1000"},
	"its own account": {"Account-ID": "a"},
	"an empty one":    {"Account-ID": ""},
	"other spellings": {"account-id": "b", "Account-Id": "b", "account_id": "b", "Account-ID ": "b"},
}

// The account is whose request it is. What a caller gives as a parameter never decides that, whoever calls the Runner.
func TestAccountIsNoParameter(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	place := &witness{}
	runner := function.NewRunner(function.Config{
		Driver: place, Drafts: place, Flows: set, NewRun: func() runs.ID { return "r" },
	})
	for name, given := range pretending {
		before := maps.Clone(given)
		for kind, run := range map[string]func() function.Result{
			"call": func() function.Result {
				return runner.Run(t.Context(), function.Request{
					Account: "a", Function: "f", Origin: function.FromCall,
					Params: given,
				})
			},
			"rehearsal": func() function.Result {
				return runner.Run(t.Context(), function.Request{
					Account: "a", Function: "f", Origin: function.FromRehearsal,
					Params: given,
				})
			},
			"draft": func() function.Result {
				return runner.RunDraft(t.Context(), function.Draft{Account: "a", Source: "return 1", Params: given})
			},
		} {
			t.Run(fmt.Sprint(kind, " with ", name), func(t *testing.T) {
				if res := run(); res.Outcome != runs.OK {
					t.Fatalf("got %s %+v, want %s", res.Outcome, res.Error, runs.OK)
				}
				if got := place.last.Params["Account-ID"]; got != "a" {
					t.Errorf("the function's Account-ID is %q, want %q", got, "a")
				}
				if place.last.Account != "a" {
					t.Errorf("the run is of account %q, want %q", place.last.Account, "a")
				}
				if !maps.Equal(given, before) {
					t.Errorf("the caller's parameters became %v, want them left alone: %v", given, before)
				}
			})
		}
	}
}

// A function of another account is none, whatever the parameters say.
func TestAnotherAccountsFunction(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	const id = "0000000000000000000000000000000b"
	place := &poolDriver{pool: sandboxtest.Pool(t, 1), wh: wh(t), docs: map[function.ID]json.RawMessage{
		id: json.RawMessage(`{"_id":"` + id + `","pvt_type":"function","pvt_account_id":"b","function_js":"return {module: ` +
			`'hangup', data: {}}"}`),
	}}
	runner := function.NewRunner(function.Config{Driver: place, Flows: set, NewRun: func() runs.ID { return "r" }})
	for name, given := range pretending {
		res := runner.Run(t.Context(), function.Request{Account: "a", Function: id, Origin: function.FromCall, Params: given})
		if res.Outcome != runs.NotFound {
			t.Errorf("account a runs a function of account b with %s: got %s %+v, want %s", name, res.Outcome, res.Error,
				runs.NotFound)
		}
		res = runner.Run(t.Context(), function.Request{Account: "b", Function: id, Origin: function.FromCall, Params: given})
		if res.Outcome != runs.OK {
			t.Errorf("account b runs its own function with %s: got %s %+v, want %s", name, res.Outcome, res.Error, runs.OK)
		}
	}
}
