package callflow

import "context"

// device is KAZOO's `device` (cf_device.erl): it rings the device data.id for data.timeout seconds (20). If it is
// answered, the flow stops. Otherwise the walk continues at the child named like the hangup cause or SIP response, else
// at `_`.
func device(ctx context.Context, t *Turn) Next {
	legs := t.deviceLegs(ctx, t.Data.String("id"), Leg{Delay: t.Data.seconds("delay", 0)})
	if len(legs) == 0 {
		return Continue()
	}
	next, _, ok := t.bridge(ctx, Bridge{
		Legs: legs, Timeout: t.Data.seconds("timeout", defaultRingTimeout),
		InTurn:             t.Data.String("dial_strategy") == "single",
		FailOnSingleReject: t.Data.True("fail_on_single_reject"), SIPHeaders: t.Data.Object("custom_sip_headers"),
	})
	if !ok {
		return Continue()
	}
	return next
}
