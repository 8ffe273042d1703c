package callflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
)

// RuleSwitch stores whether a time rule is switched on, switched off, or follows the clock.
type RuleSwitch interface {
	// SwitchRule sets the rule's `enabled`, or removes it if enabled is nil. It returns ErrNoDocument if there is no such
	// rule.
	SwitchRule(ctx context.Context, id account.ID, rule string, enabled *bool) error
}

// ruleAction is one of the actions by which callers change time rules.
type ruleAction struct {
	enabled *bool // nil to follow the clock again
	prompt  string
	done    string // in words
}

func ruleActions() map[string]ruleAction {
	on, off := true, false
	return map[string]ruleAction{
		"enable":  {&on, "temporal-marked_enabled", "switched on"},
		"disable": {&off, "temporal-marked_disabled", "switched off"},
		"reset":   {nil, "temporal-marker_reset", "back to the clock"},
	}
}

// ruleKeys are the keys of the menu (cf_temporal_route.hrl).
var ruleKeys = map[string]string{"1": "enable", "2": "disable", "3": "reset"}

// mostRuleMenus bounds a menu that KAZOO repeats as long as the caller stays.
const mostRuleMenus = 20

// ruleMenu lets the caller choose what happens to the rules (cf_temporal_route:temporal_route_menu). Any other key, and
// no key, repeats the menu.
func (t *Turn) ruleMenu(ctx context.Context) error {
	for range mostRuleMenus {
		if err := t.playPrompt(ctx, "temporal-menu"); err != nil {
			return err
		}
		digit, err := t.Switch.Collect(ctx, t.collectKeys(1, "#"))
		if err != nil {
			return err
		}
		if action, ok := ruleKeys[digit]; ok {
			t.Note("pressed " + t.keys(digit) + ": " + action)
			return t.switchRules(ctx, ruleActions()[action])
		}
	}
	t.Note(fmt.Sprintf("no valid key in %d menus; KAZOO would go on asking", mostRuleMenus))
	return nil
}

// switchRules changes the rules of data.rules and tells the caller. The change applies to the rest of the call at once.
// A rule that cannot be changed is skipped, as in KAZOO.
func (t *Turn) switchRules(ctx context.Context, action ruleAction) error {
	var changed []string
	rules := t.Data.Strings("rules")
	for _, rule := range rules[:min(len(rules), mostRules)] {
		doc, ok := t.open(ctx, TemporalRuleKind, rule)
		if !ok {
			continue
		}
		if err := t.keepSwitch(ctx, rule, action.enabled); err != nil {
			t.Outcome(Failed)
			t.Note("rule " + clip.Text(rule, 64) + " could not be changed: " + err.Error())
			continue
		}
		t.switched[rule] = action.enabled
		changed = append(changed, cmp.Or(clip.Text(doc.String("name"), 128), clip.Text(rule, 64)))
	}
	if len(changed) > 0 {
		slices.Sort(changed)
		t.Note(strings.Join(changed, ", ") + ": " + action.done)
	}
	return t.playPrompt(ctx, action.prompt)
}

// keepSwitch stores what a call changes. A rehearsal has no outside effect, so it only notes the change.
func (t *Turn) keepSwitch(ctx context.Context, rule string, enabled *bool) error {
	if t.origin != function.FromCall {
		if !slices.Contains(t.step.Notes, rehearsedSwitch) {
			t.Note(rehearsedSwitch)
		}
		return nil
	}
	if t.rules == nil {
		return errors.New("nothing is configured to keep it")
	}
	return t.rules.SwitchRule(ctx, t.Account(), rule, enabled)
}

const rehearsedSwitch = "a rehearsal changes the rules for the rest of its call only"

// SwitchRule implements RuleSwitch. After a conflict it applies the change to the newer document.
func (s Stored) SwitchRule(ctx context.Context, id account.ID, rule string, enabled *bool) error {
	collection := ResourceCollection(s.Datastores, TemporalRuleKind)
	const attempts = 5
	for attempt := 1; ; attempt++ {
		doc, err := collection.Get(ctx, string(id), rule)
		if errors.Is(err, datastore.ErrNotFound) {
			return ErrNoDocument
		}
		if err != nil {
			return err
		}
		if delete(doc, "enabled"); enabled != nil {
			doc["enabled"] = *enabled
		}
		if _, err = collection.Save(ctx, doc); err == nil || !errors.Is(err, datastore.ErrConflict) || attempt == attempts {
			return err
		}
	}
}
