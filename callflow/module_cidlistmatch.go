package callflow

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// cidlistmatch is KAZOO's `cidlistmatch` (cf_cidlistmatch.erl): it goes on at `match` when an entry of the list data.id has
// the caller's number or a prefix of it (leading plus signs do not count) or a regular expression for it, else at `nomatch`;
// without such a child at `_`. A list's entries are its member `entries`, by any key.
func cidlistmatch(ctx context.Context, t *Turn) Next {
	list, _ := t.open(ctx, ListKind, t.Data.String("id"))
	key := "nomatch"
	if matchesList(list, or(t.Call.CallerIDNumber, AnonymousCallNumber)) {
		key = "match"
	}
	next, err := t.Attempt(key)
	if err != nil {
		t.Note("no child is named " + key)
		return Continue()
	}
	return next
}

func matchesList(list Data, number string) bool {
	digits := strings.TrimLeft(number, "+")
	entries := list.Object("entries")
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		fields, _ := entries[key].(map[string]any)
		entry := Data(fields)
		prefix := strings.TrimLeft(or(entry.String("number"), entry.String("prefix")), "+")
		if prefix != "" && strings.HasPrefix(digits, prefix) {
			return true
		}
		pattern := or(entry.String("regexp"), entry.String("pattern"))
		if re, err := regexp.Compile(pattern); pattern != "" && err == nil && re.MatchString(number) {
			return true
		}
	}
	return false
}
