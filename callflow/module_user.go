package callflow

import "context"

// user is KAZOO's `user` (cf_user.erl): it rings all devices of the user data.id for data.timeout seconds (20), at once
// or, with data.strategy `single`, in turn. It continues as `device` does.
func user(ctx context.Context, t *Turn) Next {
	legs := t.userLegs(ctx, t.Data.String("id"), Leg{Delay: t.Data.seconds("delay", 0)})
	if len(legs) == 0 {
		return Continue()
	}
	inTurn := t.Data.String("strategy") == "single"
	next, _, ok := t.bridge(ctx, Bridge{
		Legs: legs, Timeout: t.Data.seconds("timeout", defaultRingTimeout), InTurn: inTurn, IgnoreEarlyMedia: !inTurn,
		FailOnSingleReject: t.Data.True("fail_on_single_reject") ||
			Data(t.Call.ChannelVars).True("Require-Fail-On-Single-Reject"),
		SIPHeaders: t.Data.Object("custom_sip_headers"),
	})
	if !ok {
		return Continue()
	}
	return next
}
