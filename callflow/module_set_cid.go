package callflow

import (
	"cmp"
	"context"
)

// setCID is KAZOO's `set_cid` (cf_set_cid.erl): it makes later legs show data.caller_id_name and data.caller_id_number
// as the caller. An empty one restores the caller's own. A function's Caller-ID-Name and -Number do not change. It
// continues at `_`.
func setCID(_ context.Context, t *Turn) Next {
	t.Call.store("rewrite_cid_name", t.Data.String("caller_id_name"))
	t.Call.store("rewrite_cid_number", t.Data.String("caller_id_number"))
	return Continue()
}

// shownCaller returns the caller that a leg shows; "" for the caller's own.
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
