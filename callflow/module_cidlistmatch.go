package callflow

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/pattern"
)

// cidlistmatch is KAZOO's `cidlistmatch` (cf_cidlistmatch.erl): it continues at `match` if the list data.id has the
// caller's number, a prefix of it (leading plus signs do not count) or a regular expression for it, else at `nomatch`.
// If there is no such child, it continues at `_`. The list's entries are in its member `entries`, under any key.
func cidlistmatch(ctx context.Context, t *Turn) Next {
	list, _ := t.open(ctx, ListKind, t.Data.String("id"))
	key := "nomatch"
	if t.matchesList(list, cmp.Or(t.Call.CallerIDNumber, AnonymousCallNumber)) {
		key = "match"
	}
	next, err := t.Attempt(key)
	if err != nil {
		t.Note("no child is named " + key)
		return Continue()
	}
	return next
}

func (t *Turn) matchesList(list Data, number string) bool {
	total := 0
	digits := strings.TrimLeft(number, "+")
	entries := list.Object("entries")
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		fields, _ := entries[key].(map[string]any)
		entry := Data(fields)
		prefix := strings.TrimLeft(cmp.Or(entry.String("number"), entry.String("prefix")), "+")
		if prefix != "" && strings.HasPrefix(digits, prefix) {
			return true
		}
		text := cmp.Or(entry.String("regexp"), entry.String("pattern"))
		if text == "" {
			continue
		}
		p, err := t.pattern(text)
		if err == nil {
			if total += p.Size(); total > pattern.MaxTotal {
				err = errors.New("the list's patterns are too large together")
			}
		}
		switch {
		case err != nil:
			t.Note("the pattern of entry " + clip.Text(key, maxText) + " was skipped: " + err.Error())
		case p.Match(number):
			return true
		}
	}
	return false
}
