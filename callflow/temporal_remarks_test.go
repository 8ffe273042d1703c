package callflow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
)

func TestRuleRemarks(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	const tomorrow, yesterday = "63963216000", "63963043200" // gregorian seconds
	for _, tc := range []struct{ rule, want string }{
		{
			`{"cycle":"weekly","wdays":["monday"],"time_window_start":79200,"time_window_stop":21600}`,
			"time_window_stop: the rule stops (06:00) before it starts (22:00), so it never holds: for a time over midnight " +
				"make two rules, 22:00 to 24:00 and 00:00 to 06:00",
		},
		{`{"cycle":"daily","time_window_start":3600}`, ""},
		{`{"cycle":"daily","time_window_start":86400}`, "time_window_stop: the rule starts and stops at 24:00"},
		{
			`{"cycle":"daily","time_window_start":32400,"time_window_stop":32400}`,
			"time_window_stop: the rule starts and stops at 09:00",
		},
		{`{"cycle":"daily","time_window_stop":0}`, "time_window_stop: the rule starts and stops at 00:00"},
		{`{"cycle":"date","start_date":` + yesterday + `}`, ""}, // may be today's elsewhere
		{`{"cycle":"date","start_date":63900000000}`, "cycle: the rule never holds again: its date, "},
		{`{"cycle":"date"}`, ""},
		{`{"cycle":"date","start_date":1767225600}`, "cycle: the rule never holds again"}, // Unix seconds
		{`{"cycle":"date","start_date":` + tomorrow + `}`, ""},
		{`{"cycle":"weekly","wdays":["monday"],"start_date":` + tomorrow + `,"interval":3}`, ""},
		{`{"cycle":"daily","interval":20000}`, ""},
		{`{"cycle":"daily","interval":9000,"start_date":` + yesterday + `}`, ""},
		{`{"cycle":"daily","wdays":["monday"]}`, "wdays: a rule of cycle daily does not look at wdays"},
		{`{"cycle":"weekly","wdays":["monday"],"days":[1]}`, "days: a rule of cycle weekly does not look at days"},
		{
			`{"cycle":"monthly","days":[1],"wdays":["monday"],"ordinal":"first"}`,
			"wdays: a rule of cycle monthly does not look at wdays; ordinal: a rule of cycle monthly does not look at ordinal",
		},
		{
			`{"cycle":"date","start_date":` + tomorrow + `,"interval":2}`,
			"interval: a rule of cycle date does not look at interval",
		},
		{`{"cycle":"yearly","days":[1]}`, "month: a yearly rule that names no month holds in January"},
		{`{"cycle":"yearly","month":12,"days":[26,24,25]}`, "days: KAZOO wants days in order: given as 26, 24, 25"},
		{`{"cycle":"yearly","month":12,"days":[24,25,26]}`, ""},
		{`{"cycle":"yearly","month":2,"days":[30]}`, "days: February has no day 30: the rule holds on 2 March"},
		{`{"cycle":"yearly","month":4,"days":[31]}`, "days: April has no day 31: the rule holds on 1 May"},
		{`{"cycle":"yearly","month":2,"days":[29]}`, "days: most years have no 29 February"},
		{`{"cycle":"monthly","days":[31]}`, "days: not every month has a day 31"},
		{`{"cycle":"monthly","ordinal":"fifth","wdays":["sunday"]}`, ""},
		{
			`{"cycle":"yearly","month":5,"wdays":["monday"]}`,
			`ordinal: the rule names no ordinal, so it holds on the first Monday of a month alone: write "first", or ` +
				`"every" for all of them`,
		},
		{
			`{"cycle":"monthly","wdays":["sunday"]}`,
			`ordinal: the rule names no ordinal, so it holds on the first Sunday of a month alone: write "first", or ` +
				`"every" for all of them`,
		},
		{`{"cycle":"yearly","month":2,"ordinal":"fifth","wdays":["sunday"]}`, ""}, // 2032
		{
			`{"cycle":"yearly","month":2,"ordinal":"fifth","wdays":["sunday"],"interval":5,"start_date":63776678400}`,
			"cycle: the rule never holds: there is no such day in the 28 years to come",
		},
		{`{"cycle":"daily","enabled":false,"time_window_start":79200,"time_window_stop":21600}`, ""},
		{`{"cycle":"weekly","wdays":["sunday"],"time_window_start":32400,"time_window_stop":61200}`, ""},
	} {
		var remarks []string
		for _, r := range callflow.RuleRemarks(ruleDoc(t, tc.rule), now) {
			remarks = append(remarks, r.Field+": "+r.Message)
		}
		if got := strings.Join(remarks, "; "); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s:\n got %q\nwant %q", tc.rule, got, tc.want)
		}
	}
}

func ruleDoc(t *testing.T, text string) (rule map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &rule); err != nil {
		t.Fatal(err)
	}
	return rule
}
