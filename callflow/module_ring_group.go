package callflow

import (
	"cmp"
	"context"
	"slices"

	"callfn/internal/clip"
)

// ringGroup is KAZOO's `ring_group` (cf_ring_group.erl): it rings the devices, users and groups of data.endpoints for
// data.timeout seconds (20), data.repeats times. Strategy `simultaneous` rings all at once, each after its delay;
// `single` rings in turn; `weighted_random` rings in turn, in random order. Here the heaviest come first instead, so
// that a rehearsal always gives the same trace. If the group is answered, the flow stops. A failure continues at the
// child named like its cause, or is tried again, and at last continues at `_`.
func ringGroup(ctx context.Context, t *Turn) Next {
	legs := t.groupLegs(ctx)
	if len(legs) == 0 {
		t.Note("nothing to ring: data.endpoints lists nobody who can be rung")
		return Continue()
	}
	strategy := cmp.Or(t.Data.String("strategy"), "simultaneous")
	for range min(max(t.Data.Int("repeats", 1), 1), mostRepeats) {
		next, _, ok := t.bridge(ctx, Bridge{
			Legs: legs, Timeout: t.Data.seconds("timeout", defaultRingTimeout), InTurn: strategy != "simultaneous",
			FailOnSingleReject: t.Data.True("fail_on_single_reject"), IgnoreEarlyMedia: true,
			Ringback: mediaPath(t.Data.String("ringback"), t.Account()),
		})
		if ok {
			return next
		}
	}
	return Continue()
}

// The bounds of a ring group that was never validated.
const (
	mostRepeats = 100
	mostMembers = 200
)

func (t *Turn) groupLegs(ctx context.Context) []Leg {
	members, _ := t.Data["endpoints"].([]any)
	members = members[:min(len(members), mostMembers)]
	if t.Data.String("strategy") == "weighted_random" {
		members = slices.Clone(members)
		slices.SortStableFunc(members, func(a, b any) int { return int(weight(b) - weight(a)) })
	}
	var legs []Leg
	seen := map[Leg]bool{}
	for _, member := range members {
		m := asObject(member)
		if m.Int("disable_until", 0) > gregorian(t.now()) {
			continue
		}
		base := Leg{Delay: m.seconds("delay", 0), Timeout: m.seconds("timeout", defaultRingTimeout)}
		var found []Leg
		switch id := m.String("id"); m.String("endpoint_type") {
		case "user":
			found = t.userLegs(ctx, id, base)
		case "group":
			t.Note("the members of group " + clip.Text(id, 64) + " are not known here; rung as one")
			base.Kind, base.ID = "group", id
			found = []Leg{base}
		default:
			found = t.deviceLegs(ctx, id, base)
		}
		for _, leg := range found {
			if !seen[leg] && leg.ID != "" {
				seen[leg] = true
				legs = append(legs, leg)
			}
		}
	}
	return legs
}

// weight returns a member's weight, from 1 to 100.
func weight(member any) int64 { return min(max(asObject(member).Int("weight", 20), 1), 100) }
