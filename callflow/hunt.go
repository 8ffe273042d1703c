package callflow

import (
	"cmp"
	"context"
	"errors"

	"callfn/internal/pattern"
)

// huntAllowed applies the patterns hunt_allow and hunt_deny to the dialled digits. An invalid allow pattern allows
// nothing, and an invalid deny pattern denies nothing (cf_menu.erl, cf_branch_bnumber.erl).
func (t *Turn) huntAllowed(dialled string, rules Data) bool {
	if allow := rules.String("hunt_allow"); allow != "" {
		p, err := t.pattern(allow)
		if err != nil {
			t.Note("hunt_allow cannot be used and allows nothing: " + err.Error())
			return false
		}
		if !p.Match(dialled) {
			return false
		}
	}
	if deny := rules.String("hunt_deny"); deny != "" {
		p, err := t.pattern(deny)
		if err != nil {
			t.Note("hunt_deny cannot be used and denies nothing: " + err.Error())
			return true
		}
		return !p.Match(dialled)
	}
	return true
}

// pattern compiles a customer's regular expression.
func (t *Turn) pattern(text string) (*pattern.Pattern, error) { return t.patterns.Compile(text) }

// hunt finds the account's callflow for the dialled digits and stores the pattern's capture in the call.
func (t *Turn) hunt(ctx context.Context, dialled string, noMatchToo bool) (Match, bool) {
	if t.directory == nil {
		return Match{}, false
	}
	match, err := Lookup(ctx, t.directory, t.Account(), dialled)
	if err != nil {
		if !errors.Is(err, ErrNoCallflow) {
			t.Note("the callflows could not be read: " + err.Error())
		}
		return Match{}, false
	}
	if match.CatchAll && !noMatchToo {
		return Match{}, false
	}
	t.Call.CaptureGroup, t.Call.CaptureGroups = match.CaptureGroup, match.CaptureGroups
	t.Note("on to callflow " + cmp.Or(match.Name, string(match.ID)))
	return match, true
}
