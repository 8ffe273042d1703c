package callflow

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/function"
)

// mostRulesNamed bounds how many rules a note names.
const mostRulesNamed = 10

// noteRuleOrder notes the order in which rules are tried if there are several: the first that holds wins. names holds
// the names of the rules that were checked. A rehearsal, in which no caller waits, looks up the others.
func (t *Turn) noteRuleOrder(ctx context.Context, routes []timeRoute, names map[string]string) {
	rules := make([]string, 0, len(routes))
	for _, route := range routes {
		if !slices.Contains(rules, route.rule) && len(rules) <= mostRulesNamed {
			rules = append(rules, route.rule)
		}
	}
	if len(rules) < 2 {
		return
	}
	shown := make([]string, 0, len(rules))
	for _, rule := range rules[:min(len(rules), mostRulesNamed)] {
		name, read := names[rule]
		if !read && t.origin == function.FromRehearsal && t.directory != nil {
			if doc, err := t.directory.Resource(ctx, t.Account(), TemporalRuleKind, rule); err == nil {
				name = clip.Text(doc.String("name"), 128)
			}
		}
		shown = append(shown, cmp.Or(name, clip.Text(rule, 64)))
	}
	order := "the rules are tried in this order"
	if len(t.Data.Strings("rules")) == 0 && len(t.Keys()) > 1 {
		order += ", that of the children"
	}
	if len(rules) > mostRulesNamed {
		shown = append(shown, "and more")
	}
	t.Note(order + ": " + strings.Join(shown, ", "))
}
