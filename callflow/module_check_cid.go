package callflow

import (
	"cmp"
	"context"

	"callfn/internal/clip"
)

// checkCID is KAZOO's `check_cid` (cf_check_cid.erl): it continues at `match` if data.regex (anything by default)
// matches the caller's number, else at `nomatch`. With data.use_absolute_mode a match continues at the child named like
// the number. If there is no such child, it continues at `_`. A match changes the caller if
// data.caller_id.external.name, .number and data.user_id are all given.
func checkCID(_ context.Context, t *Turn) Next {
	number := cmp.Or(t.Call.CallerIDNumber, AnonymousCallNumber)
	re, err := t.pattern(cmp.Or(t.Data.String("regex"), ".*"))
	if err != nil {
		t.Outcome(Failed)
		t.Note("data.regex is no usable regular expression: " + err.Error())
		return Continue()
	}
	key := "nomatch"
	switch {
	case re.Match(number) && t.Data.True("use_absolute_mode"):
		key = number
	case re.Match(number):
		key = "match"
	}
	next, err := t.Attempt(key)
	if err != nil {
		t.Note("no child is named " + clip.Text(key, maxText))
		return Continue()
	}
	if key != "nomatch" {
		becomeCaller(t)
	}
	return next
}

func becomeCaller(t *Turn) {
	external := Data(Data(t.Data.Object("caller_id")).Object("external"))
	name, number, user := external.String("name"), external.String("number"), t.Data.String("user_id")
	if name == "" || number == "" || user == "" {
		return
	}
	t.Call.CallerIDName, t.Call.CallerIDNumber = name, number
	t.Call.store("owner_id", user)
}
