package callflow

import (
	"context"
	"errors"
	"slices"
	"time"
)

// temporalRoute is KAZOO's `temporal_route` (cf_temporal_route.erl): it goes on at the child named like the first rule that
// holds now, else at `_`. Looked at are the rules of data.rules, then those the children are named after, then those of the
// set data.rule_set, whose child is `rule_set`; where a name is that of a set, its rules lead to the child of that name.
// A rule that is switched on or off by its `enabled` holds always or never; one that begins in the future does not hold yet.
// The time zone is data.timezone, or the account's. The actions menu, enable, disable and reset change rules in KAZOO;
// here they are only shown, and go on at `_` as there.
func temporalRoute(ctx context.Context, t *Turn) Next {
	switch action := t.Data.String("action"); action {
	case "menu", "enable", "disable", "reset":
		t.Outcome(NotSimulated)
		t.Note("KAZOO would now change time rules (" + action + "); that is not executed here, the walk goes on at `_`")
		return Continue()
	}
	zone, err := t.zone()
	if err != nil {
		t.Outcome(Failed)
		t.Note(err.Error())
		return Continue()
	}
	local := t.now().In(zone)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	when := local.Format("Monday 2 January 2006, 15:04") + " in " + zone.String()
	for _, route := range t.timeRoutes(ctx) {
		holds, name, err := t.ruleHolds(ctx, route.rule, wall, zone)
		if err != nil {
			t.Outcome(Failed)
			t.Note("rule " + clip(route.rule, 64) + " cannot be used: " + err.Error())
			return Continue()
		}
		if holds {
			t.Note("it is " + when + ": rule " + or(name, clip(route.rule, 64)) + " holds")
			return ContinueAt(route.child)
		}
	}
	t.Note("it is " + when + ": no rule holds")
	return Continue()
}

// zone is the time zone of the node, or of the account.
func (t *Turn) zone() (*time.Location, error) {
	name := t.Data.String("timezone")
	if name == "" || name == "inherit" {
		name = t.timeZone
	}
	zone, err := loadZone(name)
	if err != nil {
		return nil, errors.New("data.timezone is no time zone: use an IANA name such as Europe/Berlin")
	}
	return zone, nil
}

// timeRoute is a rule and the child it leads to.
type timeRoute struct{ rule, child string }

// ruleSetChild is where the rules of data.rule_set lead.
const ruleSetChild = "rule_set"

// mostRules bounds how many rules one node looks at.
const mostRules = 500

func (t *Turn) timeRoutes(ctx context.Context) []timeRoute {
	var routes []timeRoute
	for _, name := range slices.Concat(t.Data.Strings("rules"), t.Keys()) {
		if rules := t.ruleSet(ctx, name); len(rules) > 0 {
			for _, rule := range rules {
				routes = append(routes, timeRoute{rule, name})
			}
			continue
		}
		routes = append(routes, timeRoute{name, name})
	}
	for _, rule := range t.ruleSet(ctx, t.Data.String("rule_set")) {
		routes = append(routes, timeRoute{rule, ruleSetChild})
	}
	return routes[:min(len(routes), mostRules)]
}

// ruleSet gives the rules of a set, none when there is no such set.
func (t *Turn) ruleSet(ctx context.Context, id string) []string {
	if id == "" || t.directory == nil {
		return nil
	}
	set, err := t.directory.Resource(ctx, t.Account(), TemporalRuleSetKind, id)
	if err != nil {
		if !errors.Is(err, ErrNoDocument) {
			t.Note("the rule set could not be read: " + err.Error())
		}
		return nil
	}
	rules := set.Strings("temporal_rules")
	return rules[:min(len(rules), mostRules)]
}

// ruleHolds reads one rule; one that does not exist never holds.
func (t *Turn) ruleHolds(ctx context.Context, id string, wall time.Time, zone *time.Location) (holds bool, name string, err error) {
	if t.directory == nil {
		return false, "", nil
	}
	doc, err := t.directory.Resource(ctx, t.Account(), TemporalRuleKind, id)
	if errors.Is(err, ErrNoDocument) {
		if slices.Contains(t.Data.Strings("rules"), id) {
			t.Note("this account has no time rule " + clip(id, 64) + " here")
		}
		return false, "", nil
	}
	if err != nil {
		return false, "", err
	}
	name = clip(doc.String("name"), 128)
	rule := ruleOf(doc, wall, zone)
	switch {
	case rule.start.After(wall), doc.False("enabled"):
		return false, name, nil
	case doc.True("enabled"):
		return true, name, nil
	case rule.cycle == "":
		return false, name, nil
	}
	holds, err = rule.applies(wall)
	return holds, name, err
}
