package callflow

import (
	"cmp"
	"context"
	"time"

	"callfn/internal/numbers"
)

// offnetTimeout is the default ringing time of an outside number.
const offnetTimeout = 60 * time.Second

// resources is KAZOO's `resources` and `offnet` (cf_resources.erl, cf_offnet.erl): it dials data.to_did, or else the
// called number, through a carrier. If it is answered, the flow stops. A failure continues at the child named like its
// cause or SIP response. Without such a child KAZOO does not continue at `_`: it stops with that cause, and if there is
// nothing at `_`, it also tells the caller's side why.
func resources(ctx context.Context, t *Turn) Next {
	number := cmp.Or(t.Data.String("to_did"), t.requestedNumber())
	if number == "" {
		t.Outcome(Failed)
		t.Note("the node names no number: put it into data.to_did")
		return Stop()
	}
	next, result, ok := t.bridge(ctx, Bridge{
		Legs: []Leg{{Kind: "offnet", ID: number}}, Timeout: t.Data.seconds("timeout", offnetTimeout),
		IgnoreEarlyMedia: t.Data.True("ignore_early_media"), Ringback: t.Data.String("ringback"),
		SIPHeaders: t.Data.Object("custom_sip_headers"),
	})
	if ok {
		return next
	}
	if _, err := t.Attempt(Wildcard); err == nil {
		t.Note("KAZOO does not go on at `_` after a number outside that failed: name a child like the cause")
	}
	return StopWith(cmp.Or(result.Cause, normalClearing))
}

// requestedNumber returns the number called, normalised unless the node says otherwise.
func (t *Turn) requestedNumber() string {
	if t.Call.Request.User == noUser {
		return ""
	}
	if t.Data.True("do_not_normalize") || t.Data.True("bypass_e164") {
		return t.Call.Request.User
	}
	return numbers.Normalize(t.Call.Request.User)
}
