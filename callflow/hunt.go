package callflow

import (
	"context"
	"errors"
	"regexp"
)

// huntAllowed applies the patterns hunt_allow and hunt_deny to what was dialled: an allow pattern that cannot be used
// allows nothing, a deny pattern that cannot be used denies nothing (cf_menu.erl, cf_branch_bnumber.erl).
func huntAllowed(dialled string, rules Data) bool {
	if allow := rules.String("hunt_allow"); allow != "" {
		if re, err := regexp.Compile(allow); err != nil || !re.MatchString(dialled) {
			return false
		}
	}
	if deny := rules.String("hunt_deny"); deny != "" {
		if re, err := regexp.Compile(deny); err == nil && re.MatchString(dialled) {
			return false
		}
	}
	return true
}

// hunt finds the account's callflow for what was dialled and puts what its pattern captured into the call.
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
	t.Note("on to callflow " + or(match.Name, string(match.ID)))
	return match, true
}
