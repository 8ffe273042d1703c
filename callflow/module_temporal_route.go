package callflow

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"callfn/internal/clip"
)

// temporalRoute is KAZOO's `temporal_route` (cf_temporal_route.erl): it continues at the child named like the first
// rule that holds now, else at `_`. It checks the rules of data.rules, then those named by the children, in the order
// in which these were written, then those of the set data.rule_set, whose child is `rule_set`. If a name is that of a
// set, the set's rules lead to the child of that name. A rule with `enabled` always or never holds. A rule that begins
// in the future does not hold yet. The time zone is data.timezone, or the account's.
//
// With data.action enable, disable or reset it changes the rules of data.rules instead, or with menu lets the caller
// choose, and continues at `_`.
func temporalRoute(ctx context.Context, t *Turn) Next {
	if change, ok := ruleActions()[t.Data.String("action")]; ok {
		return t.afterRules(t.switchRules(ctx, change))
	}
	if t.Data.String("action") == "menu" {
		return t.afterRules(t.ruleMenu(ctx))
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
	routes := t.timeRoutes(ctx)
	names := make(map[string]string, len(routes)) // of the rules that were checked
	defer func() { t.noteRuleOrder(ctx, routes, names) }()
	for _, route := range routes {
		holds, name, err := t.ruleHolds(ctx, route.rule, wall, zone)
		names[route.rule] = name
		if err != nil {
			t.Outcome(Failed)
			t.Note("rule " + clip.Text(route.rule, 64) + " cannot be used: " + err.Error())
			return Continue()
		}
		if holds {
			t.Note("it is " + when + ": rule " + cmp.Or(name, clip.Text(route.rule, 64)) + " holds")
			return ContinueAt(route.child)
		}
	}
	t.Note("it is " + when + ": no rule holds")
	return Continue()
}

// afterRules continues at `_` whatever the result of changing rules. A call that is over ends there.
func (t *Turn) afterRules(err error) Next {
	if err != nil {
		t.fail(err)
	}
	return Continue()
}

// zone returns the time zone of the node, or of the account.
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

// timeRoute is a rule and the child that it leads to.
type timeRoute struct{ rule, child string }

// ruleSetChild is the child for the rules of data.rule_set.
const ruleSetChild = "rule_set"

// mostRules bounds how many rules one node checks.
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

// ruleSet returns the rules of a set, or none if the set does not exist.
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

// ruleHolds reads one rule and reports whether it holds. A missing rule never holds.
func (t *Turn) ruleHolds(ctx context.Context, id string, wall time.Time, zone *time.Location) (holds bool, name string,
	err error,
) {
	if t.directory == nil {
		return false, "", nil
	}
	doc, err := t.directory.Resource(ctx, t.Account(), TemporalRuleKind, id)
	if errors.Is(err, ErrNoDocument) {
		if slices.Contains(t.Data.Strings("rules"), id) {
			t.Note("this account has no time rule " + clip.Text(id, 64) + " here")
		}
		return false, "", nil
	}
	if err != nil {
		return false, "", err
	}
	name = clip.Text(doc.String("name"), 128)
	if enabled, switched := t.switched[id]; switched {
		doc = withSwitch(doc, enabled)
	}
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

// withSwitch returns a rule with this call's switch applied.
func withSwitch(doc Data, enabled *bool) Data {
	out := maps.Clone(doc)
	if delete(out, "enabled"); enabled != nil {
		out["enabled"] = *enabled
	}
	return out
}
