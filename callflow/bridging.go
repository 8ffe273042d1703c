package callflow

import (
	"context"
	"time"

	"callfn/internal/clip"
)

// defaultRingTimeout is KAZOO's default ringing time (?DEFAULT_TIMEOUT_S in callflow.hrl).
const defaultRingTimeout = 20 * time.Second

// deviceLegs returns the legs of a device (kz_endpoint:build). There are none if it is disabled, set to do not disturb,
// or the caller itself. If its calls are forwarded, the forwarding number replaces the device or rings beside it. An
// unknown device counts as an enabled one.
func (t *Turn) deviceLegs(ctx context.Context, id string, base Leg) []Leg {
	base.Kind, base.ID = "device", id
	doc, known := t.open(ctx, DeviceKind, id)
	switch {
	case !known && id == "":
		return nil
	case !known:
		t.Note("it is rung as if it were there and in order")
	}
	forward := Data(doc.Object("call_forward"))
	number := forward.String("number")
	switch {
	case doc.False("enabled"):
		t.Note("device " + clip.Text(id, 64) + " is disabled")
		return nil
	case Data(doc.Object("do_not_disturb")).True("enabled"):
		t.Note("device " + clip.Text(id, 64) + " does not want to be disturbed")
		return nil
	case id == Data(t.Call.ChannelVars).String("Authorizing-ID") && !t.Data.True("can_call_self"):
		t.Note("device " + clip.Text(id, 64) + " is the caller's own")
		return nil
	case forward.True("enabled") && number != "":
		t.Note("device " + clip.Text(id, 64) + " is forwarded to " + clip.Text(number, 40))
		forwarded := Leg{
			Kind: "offnet", ID: number, Delay: base.Delay, Timeout: base.Timeout, Device: id,
			Confirm: forward.True("require_keypress"),
		}
		if forward.False("substitute") {
			return []Leg{base, forwarded}
		}
		return []Leg{forwarded}
	}
	return []Leg{base}
}

// userLegs returns the legs of a user's devices (kz_endpoints:by_owner_id). A user without known devices is rung as one
// leg.
func (t *Turn) userLegs(ctx context.Context, id string, base Leg) []Leg {
	if id == "" {
		t.Note("the node names no user")
		return nil
	}
	var devices []string
	if t.directory != nil {
		var err error
		if devices, err = t.directory.Devices(ctx, t.Account(), id); err != nil {
			t.Note("the user's devices could not be read: " + err.Error())
		}
	}
	base.Kind, base.ID = "user", id
	if len(devices) == 0 {
		t.Note("no device of user " + clip.Text(id, 64) + " is known here; rung as one")
		return []Leg{base}
	}
	var legs []Leg
	for _, device := range devices {
		for _, leg := range t.deviceLegs(ctx, device, base) {
			leg.Owner = id
			legs = append(legs, leg)
		}
	}
	return legs
}

// bridge rings the legs and returns how to continue. It stops if somebody answered or the caller hung up. After a
// failure it continues at the child named like the hangup cause or the SIP response (`sip:486`), and otherwise fails
// (cf_util:handle_bridge_failure).
func (t *Turn) bridge(ctx context.Context, b Bridge) (next Next, result Bridged, ok bool) {
	if b.Timeout <= 0 {
		b.Timeout = defaultRingTimeout
	}
	b.CallerIDName, b.CallerIDNumber = t.Call.shownCaller()
	result, err := t.Switch.Bridge(ctx, b)
	switch {
	case hungUp(err):
		t.Outcome(HungUp)
		t.Note("the caller hung up while it rang")
		return Stop(), result, true
	case err != nil:
		t.fail(err)
		return Next{}, result, false
	case result.Answered():
		t.Note("answered by " + result.Leg.Kind + " " + clip.Text(result.Leg.ID, 64))
		return Stop(), result, true
	}
	t.Note("nobody answered: " + result.Cause)
	if result.Note != "" {
		t.Note(result.Note)
	}
	for _, key := range []string{result.Cause, result.Code} {
		if next, err := t.Attempt(key); key != "" && err == nil {
			return next, result, true
		}
	}
	return Next{}, result, false
}

// seconds reads a time in seconds, bounded to a day.
func (d Data) seconds(name string, otherwise time.Duration) time.Duration {
	s := d.Int(name, int64(otherwise/time.Second))
	return time.Duration(min(max(s, 0), int64(maxMoment/time.Second))) * time.Second
}
