package callflow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"callfn/callflow"
)

// Each line is: the rule without braces | a local time in Berlin | holds or not. 62586115200 is 2 April 1983.
func TestTemporalRules(t *testing.T) {
	const since2026 = `"start_date":63934444800,` // 1 January 2026, a Thursday
	for _, line := range strings.Split(strings.TrimSpace(`
"cycle":"date","start_date":63965980800 | 2027-01-01T00:00 | yes
"cycle":"date","start_date":63965980800 | 2027-01-02T00:00 | yes
"cycle":"date","start_date":63965980800 | 2027-01-02T00:01 | no
"cycle":"date","start_date":63965980800 | 2026-12-31T23:59 | no
"cycle":"daily","time_window_start":3600,"time_window_stop":7200 | 2026-03-02T01:00 | yes
"cycle":"daily","time_window_start":3600,"time_window_stop":7200 | 2026-03-02T02:00 | yes
"cycle":"daily","time_window_start":3600,"time_window_stop":7200 | 2026-03-02T02:01 | no
"cycle":"daily","time_window_start":3600,"time_window_stop":7200 | 2026-03-02T00:59 | no
S"cycle":"daily","interval":2 | 2026-01-03T12:00 | yes
S"cycle":"daily","interval":2 | 2026-01-04T12:00 | no
S"cycle":"weekly","wdays":["monday","friday"] | 2026-03-02T12:00 | yes
S"cycle":"weekly","wdays":["monday","friday"] | 2026-03-03T12:00 | no
S"cycle":"weekly","wdays":["wensday"] | 2026-03-04T12:00 | yes
S"cycle":"weekly" | 2026-03-08T12:00 | yes
S"cycle":"weekly","interval":2,"wdays":["monday"] | 2026-01-05T12:00 | no
S"cycle":"weekly","interval":2,"wdays":["monday"] | 2026-01-12T12:00 | yes
S"cycle":"monthly","days":[1,15] | 2026-03-15T12:00 | yes
S"cycle":"monthly","days":[1,15] | 2026-03-01T12:00 | yes
S"cycle":"monthly","days":[1,15] | 2026-03-16T12:00 | no
S"cycle":"monthly","interval":3,"days":[10] | 2026-04-10T12:00 | yes
S"cycle":"monthly","interval":3,"days":[10] | 2026-05-10T12:00 | no
S"cycle":"monthly","ordinal":"every","wdays":["monday"] | 2026-03-09T12:00 | yes
S"cycle":"monthly","ordinal":"every","wdays":["monday"] | 2026-03-10T12:00 | no
S"cycle":"monthly","ordinal":"first","wdays":["monday"] | 2026-03-02T12:00 | yes
S"cycle":"monthly","ordinal":"first","wdays":["monday"] | 2026-03-09T12:00 | no
S"cycle":"monthly","ordinal":"last","wdays":["friday"] | 2026-03-27T12:00 | yes
S"cycle":"monthly","ordinal":"last","wdays":["friday"] | 2026-03-20T12:00 | no
S"cycle":"monthly","ordinal":"third","wdays":["friday"] | 2026-03-20T12:00 | yes
S"cycle":"yearly","month":12,"days":[24,25,26] | 2026-12-24T00:00 | yes
S"cycle":"yearly","month":12,"days":[24,25,26] | 2026-12-26T23:59 | yes
S"cycle":"yearly","month":12,"days":[24,25,26] | 2026-12-27T12:00 | no
S"cycle":"yearly","month":12,"days":[26,24,25] | 2026-12-24T12:00 | yes
S"cycle":"yearly","month":12,"days":[26,24,25] | 2026-12-25T12:00 | yes
S"cycle":"monthly","days":[15,1] | 2026-03-01T12:00 | yes
S"cycle":"yearly","month":12,"days":[24],"interval":2 | 2027-12-24T12:00 | no
S"cycle":"yearly","month":11,"ordinal":"fourth","wdays":["thursday"] | 2026-11-26T12:00 | yes
S"cycle":"yearly","month":11,"ordinal":"fourth","wdays":["thursday"] | 2026-11-19T12:00 | no
S"cycle":"yearly","month":5,"ordinal":"last","wdays":["monday"] | 2026-05-25T12:00 | yes
S"cycle":"yearly","month":3,"ordinal":"every","wdays":["monday"] | 2026-03-09T12:00 | yes
S"cycle":"yearly","month":2,"ordinal":"fifth","wdays":["sunday"] | 2026-03-01T12:00 | no
S"cycle":"daily","enabled":false | 2026-03-02T12:00 | no
"cycle":"daily","enabled":true,"time_window_stop":1 | 2026-03-02T12:00 | yes
"cycle":"daily","start_date":63965980800 | 2026-03-02T12:00 | no
"enabled":"true" | 2026-03-02T12:00 | yes
"name":"nothing" | 2026-03-02T12:00 | no
`), "\n") {
		rule, rest, _ := strings.Cut(strings.Replace(line, "S", since2026, 1), " | ")
		now, want, _ := strings.Cut(rest, " | ")
		if got := ruleHolds(t, "{"+rule+"}", now); got != want {
			t.Errorf("%s\ngot %s, want %s", line, got, want)
		}
	}
	// A rule that crashes KAZOO's module continues at `_` with a note.
	if got := ruleHolds(t, `{"cycle":"monthly","ordinal":"first","wdays":["monday","friday"]}`,
		"2026-03-02T12:00"); !strings.HasPrefix(got, "failed") {
		t.Errorf("two weekdays: got %s, want failed", got)
	}
}

func ruleHolds(t *testing.T, rule, now string) string {
	t.Helper()
	var data callflow.Data
	if err := json.Unmarshal([]byte(rule), &data); err != nil {
		t.Fatalf("%s: got error %v, want a rule", rule, err)
	}
	flow := callflow.NodeOf(map[string]any{
		"module": "temporal_route", "data": map[string]any{"rules": []any{"r1"}},
		"children": map[string]any{"r1": map[string]any{"module": "answer"}},
	})
	simulator := callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Memory{acme: {
		{Document: callflow.Document{ID: "c1", Numbers: []string{"1"}, Flow: flow}}, {
			Document: callflow.Document{ID: "r1"},
			Kind:     callflow.TemporalRuleKind, Data: data,
		},
	}}}}
	trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
		Account: acme, Call: map[string]any{"To": "1"}, TimeZone: "Europe/Berlin", Script: map[string]any{"now": now},
	})
	switch {
	case err != nil:
		t.Fatal(err)
	case trace.Steps[0].Outcome != callflow.Done:
		return string(trace.Steps[0].Outcome) + strings.Join(trace.Steps[0].Notes, " ")
	case trace.Steps[0].Next.Key == "r1":
		return "yes"
	}
	return "no"
}
