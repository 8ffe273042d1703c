package callflow

import (
	"context"

	"callfn/internal/clip"
)

// prependCID is KAZOO's `prepend_cid` (cf_prepend_cid.erl): it puts data.caller_id_name_prefix and
// data.caller_id_number_prefix before the caller that later legs show. They go before earlier prefixes, unless
// data.apply_to is `original`. Action `reset` removes all prefixes. A function's Caller-ID-Name and -Number do not
// change. It continues at `_`.
func prependCID(_ context.Context, t *Turn) Next {
	if t.Data.String("action") == "reset" {
		t.Call.store("prepend_cid_name", "")
		t.Call.store("prepend_cid_number", "")
		return Continue()
	}
	name, number := t.Data.String("caller_id_name_prefix"), t.Data.String("caller_id_number_prefix")
	if t.Data.String("apply_to") != "original" {
		stored := Data(t.Call.Store)
		name, number = name+stored.String("prepend_cid_name"), number+stored.String("prepend_cid_number")
	}
	t.Call.store("prepend_cid_name", clip.Text(name, maxText))
	t.Call.store("prepend_cid_number", clip.Text(number, maxText))
	return Continue()
}
