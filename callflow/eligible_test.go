package callflow_test

import (
	"context"
	"testing"

	"callfn/callflow"
)

// Which callers get an answer from which callflow (cf_route_req.erl; docs/reference/kazoo.md#finding-the-callflow).
func TestEligibility(t *testing.T) {
	cases := []struct {
		kind, number string
		answered     bool
	}{
		{"", "1000", true},
		{"device", "1000", true},
		{"resource", "1000", true},
		{"sys_info", "1000", true},
		{"fax", "1000", false},
		{"", "9999", true},
		{"device", "9999", true},
		{"user", "9999", true},
		{"resource", "9999", false},
		{"sys_info", "9999", false},
		{"device", "5000", true},
		{"resource", "5000", false}, // 5000 is listed, but by the catch-all
	}
	simulator := callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Memory{acme: {
		{Document: callflow.Document{
			ID: "c1", Numbers: []string{"1000"},
			Flow: callflow.NodeOf(map[string]any{"module": "hangup"}),
		}},
		{Document: callflow.Document{
			ID: "c2", Numbers: []string{"no_match", "5000"},
			Flow: callflow.NodeOf(map[string]any{"module": "hangup"}),
		}},
	}}}}
	for _, c := range cases {
		t.Run(c.kind+" dials "+c.number, func(t *testing.T) {
			trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
				Account: acme,
				Call: map[string]any{
					"To": c.number, "Custom-Channel-Vars": map[string]any{"Authorizing-Type": c.kind},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if answered := trace.Ended.How != callflow.EndNoCallflow; answered != c.answered {
				t.Errorf("got the end %+v, want it answered: %t", trace.Ended, c.answered)
			}
			if !c.answered && (trace.Ended.Hint == "" || trace.Callflow != nil || len(trace.Steps) > 0) {
				t.Errorf("got %+v, want a hint, no callflow and no steps", trace)
			}
		})
	}
}
