package callflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RuleRemark points at a member of a stored time rule that probably does not do what was intended.
type RuleRemark struct{ Field, Message string }

// seeAhead is how many years ahead a rule is checked: after 28 years dates fall on the same weekdays again.
const seeAhead = 28

// RuleRemarks returns which parts of a time rule never hold or are ignored. now is the current time.
func RuleRemarks(rule map[string]any, now time.Time) (out []RuleRemark) {
	doc := Data(rule)
	if _, switched := doc["enabled"].(bool); switched {
		return nil // switched on or off by hand
	}
	remark := func(field, format string, args ...any) {
		out = append(out, RuleRemark{field, fmt.Sprintf(format, args...)})
	}
	r := ruleOf(doc, now.UTC(), time.UTC)
	for _, name := range unread(r.cycle, doc) {
		remark(name, "a rule of cycle %s does not look at %s", r.cycle, name)
	}
	days := givenDays(doc)
	if !slices.IsSorted(days) {
		remark("days", "KAZOO wants days in order: given as %s it may hold on the last of them only; here they are sorted",
			listed(days))
	}
	if (r.cycle == "monthly" || r.cycle == "yearly") && len(days) == 0 && len(r.wdays) == 1 && doc["ordinal"] == nil {
		name := strings.ToUpper(weekdays[r.wdays[0]-1][:1]) + weekdays[r.wdays[0]-1][1:]
		remark("ordinal", "the rule names no ordinal, so it holds on the first %s of a month alone: write \"first\", or "+
			"\"every\" for all of them", name)
	}
	if r.cycle == "yearly" && doc["month"] == nil {
		remark("month", "a yearly rule that names no month holds in January")
	}
	for _, d := range days {
		switch last := lastDay(r.month); {
		case r.cycle == "yearly" && d > last:
			remark("days", "%s has no day %d: the rule holds on %s", time.Month(r.month), d,
				day(2026, r.month, d).Format("2 January"))
		case r.cycle == "yearly" && r.month == 2 && d == 29:
			remark("days", "most years have no 29 February: there the rule holds on 1 March")
		case r.cycle == "monthly" && d > 28:
			remark("days", "not every month has a day %d: after a shorter one the rule holds early in the next", d)
		}
	}
	switch {
	case r.to < r.from:
		remark("time_window_stop", "the rule stops (%s) before it starts (%s), so it never holds: for a time over midnight "+
			"make two rules, %s to 24:00 and 00:00 to %s",
			dayTime(r.to), dayTime(r.from), dayTime(r.from), dayTime(r.to))
	case r.to == r.from:
		remark("time_window_stop", "the rule starts and stops at %s: it holds for that second only", dayTime(r.from))
	case !r.holdsSoon(now.UTC()):
		message := fmt.Sprintf("the rule never holds: there is no such day in the %d years to come", seeAhead)
		if r.cycle == "date" {
			message = "the rule never holds again: its date, " + r.start.Format("2 January 2006") +
				", is over (start_date is in gregorian seconds)"
		}
		remark("cycle", "%s", message)
	}
	return out
}

// unread lists the given members that are ignored.
func unread(cycle string, doc Data) (out []string) {
	ignored := map[string][]string{
		"date":    {"days", "wdays", "ordinal", "month", "interval"},
		"daily":   {"days", "wdays", "ordinal", "month"},
		"weekly":  {"days", "ordinal", "month"},
		"monthly": {"month"},
	}[cycle]
	if len(givenDays(doc)) > 0 && (cycle == "monthly" || cycle == "yearly") {
		ignored = append(ignored, "wdays", "ordinal")
	}
	for _, name := range ignored {
		value := doc[name]
		if list, ok := value.([]any); ok && len(list) == 0 || value == nil || name == "interval" &&
			doc.Int("interval", 1) == 1 {
			continue
		}
		out = append(out, name)
	}
	return out
}

// holdsSoon reports whether the rule holds on any day within seeAhead.
func (r temporalRule) holdsSoon(now time.Time) bool {
	today := dateOf(now).AddDate(0, 0, -1) // in any zone
	if today.Before(r.start) {
		today = r.start
	}
	for last := today.AddDate(seeAhead, 0, 1); !today.After(last); {
		search := today
		if r.cycle != "weekly" {
			search = today.AddDate(0, 0, -1)
		}
		base, err := r.next(search)
		if err != nil {
			return true // refused elsewhere
		}
		if base.Add(r.from).Before(today.AddDate(0, 0, 1)) && !base.Add(r.to).Before(today) {
			return true
		}
		// Nothing holds before the next day that the rule names.
		if today = today.AddDate(0, 0, 1); base.After(today) && r.cycle != "weekly" {
			today = base
		}
	}
	return false
}

// givenDays returns the days as in the document.
func givenDays(doc Data) (days []int) {
	list, _ := doc["days"].([]any)
	for _, value := range list {
		days = append(days, int(Data{"d": value}.Int("d", 1)))
	}
	return days
}

func listed(days []int) string {
	texts := make([]string, len(days))
	for i, d := range days {
		texts[i] = strconv.Itoa(d)
	}
	return strings.Join(texts, ", ")
}

// lastDay returns the last day of a month in a leap year.
func lastDay(month int) int { return day(2024, month+1, 0).Day() }

// dayTime formats a time of day.
func dayTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
