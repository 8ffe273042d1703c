package callflow

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/jsonvalue"
)

// branchVariable is KAZOO's `branch_variable` (cf_branch_variable.erl): it continues at the child named like the value
// of data.variable, or at `_` if there is no such child. Names are compared as KAZOO normalises them: in lower case,
// with `_` for `-`. Scope custom_channel_vars, the default, reads the call. The scopes account, device, user and merged
// read documents that callfn does not read here; the walk then continues at `_` with a note in the step.
func branchVariable(_ context.Context, t *Turn) Next {
	scope := cmp.Or(t.Data.String("scope"), "custom_channel_vars")
	variable := normalizeKey(t.Data.String("variable"))
	switch {
	case variable == "":
		t.Note("the node names no variable")
		return Continue()
	case scope != "custom_channel_vars":
		t.Outcome(NotSimulated)
		t.Note("the scope " + clip.Text(scope, maxText) + " reads a document of the account, which is not looked at here")
		return Continue()
	}
	value, found := lookupNormalized(t.Call.ChannelVars, variable)
	if !found {
		if _, elsewhere := lookupNormalized(t.Call.ApplicationVars, variable); elsewhere {
			t.Note(variable + " is a Custom-Application-Var; this module reads Custom-Channel-Vars only")
		}
		return Continue()
	}
	if !slices.Contains(t.Keys(), value) {
		t.Note("no child is named " + clip.Text(value, maxText))
		return Continue()
	}
	return ContinueAt(value)
}

// lookupNormalized finds a scalar by its normalised name. Of several equal names the last one counts.
func lookupNormalized(vars map[string]any, name string) (value string, found bool) {
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		if normalizeKey(key) != name {
			continue
		}
		if text, ok := jsonvalue.Scalar(vars[key]); ok && text != "" {
			value, found = text, true
		}
	}
	return value, found
}

// normalizeKey is kz_json:normalize_key for ASCII names.
func normalizeKey(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}
