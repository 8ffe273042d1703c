package callflow

import (
	"cmp"
	"context"
)

// setCID is KAZOO's `set_cid` (cf_set_cid.erl): later legs show data.caller_id_name and data.caller_id_number as the
// caller; an empty one goes back to the caller's own. A function's Caller-ID-Name and -Number stay as they were. It
// goes on.
func setCID(_ context.Context, t *Turn) Next {
	t.Call.store("rewrite_cid_name", t.Data.String("caller_id_name"))
	t.Call.store("rewrite_cid_number", t.Data.String("caller_id_number"))
	return Continue()
}

// shownCaller is the caller that a leg shows; empty for the caller's own.
func (c *Call) shownCaller() (name, number string) {
	stored := Data(c.Store)
	name, number = stored.String("rewrite_cid_name"), stored.String("rewrite_cid_number")
	if prefix := stored.String("prepend_cid_name"); prefix != "" {
		name = prefix + cmp.Or(name, c.CallerIDName)
	}
	if prefix := stored.String("prepend_cid_number"); prefix != "" {
		number = prefix + cmp.Or(number, c.CallerIDNumber)
	}
	return name, number
}
