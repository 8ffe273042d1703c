package callflow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bridge rings the legs as the script answers for them, and lets the parties talk.
func (p *pretendCaller) Bridge(ctx context.Context, b Bridge) (Bridged, error) {
	if err := p.up(ctx); err != nil {
		return Bridged{}, err
	}
	result, reply, at := p.ring(b)
	if err := p.pass(ctx, at); err != nil {
		return Bridged{}, err
	}
	if !result.Answered() {
		return result, nil
	}
	p.answered = true
	if err := p.pass(ctx, reply.Talk); err != nil {
		return result, nil // the caller hung up first, which ends the conversation as well
	}
	p.gone.Store(&Ended{How: EndAnswered, Cause: normalClearing})
	return result, nil
}

// ring returns the result of all legs together, and when. If nobody answers, the cause is that of the leg that ended
// last, as on the switch.
func (p *pretendCaller) ring(b Bridge) (result Bridged, reply Reply, at time.Duration) {
	if b.InTurn {
		return p.ringInTurn(b)
	}
	return p.ringTogether(b)
}

// rung is one ringing leg, and when its ringing ends.
type rung struct {
	leg   Leg
	reply Reply
	end   time.Duration
	note  string
}

// start lets a leg ring from at.
func (p *pretendCaller) start(leg Leg, b Bridge, at time.Duration) rung {
	r := rung{leg: leg}
	reply, key, scripted := p.script.reply(leg)
	if scripted {
		p.markUsed("answers", key)
	} else {
		keys := leg.replyKeys()
		r.note = fmt.Sprintf("the script does not say who answers, so nobody does: say it of %s (script.answers; "+
			"--answer %s:answered)", strings.Join(keys, ", "), keys[0])
	}
	r.end = legEnd(at, leg, b, &reply)
	if leg.Confirm && reply.Cause == success && !reply.Accepts {
		reply.Cause, r.end = noAnswer, r.end+confirmPatience
		r.note = "answered, and 1 was not pressed, which require_keypress asks for: say accepted instead of answered to " +
			"have it pressed"
	}
	r.reply = reply
	return r
}

// ends reports whether a leg's result ends the ringing of all.
func (r rung) ends(b Bridge) bool {
	return r.reply.Cause == success || r.reply.Cause == rejected && b.FailOnSingleReject
}

func (r rung) bridged() Bridged {
	result := Bridged{Cause: r.reply.Cause, Code: sipCode(r.reply.Cause)}
	if result.Answered() {
		result.Leg = r.leg
	}
	return result
}

// ringInTurn rings one leg after the other. Delays have no effect: the switch skips a delay while nothing else rings.
func (p *pretendCaller) ringInTurn(b Bridge) (result Bridged, reply Reply, at time.Duration) {
	result = nobodyRung()
	note := ""
	for _, leg := range b.Legs {
		r := p.start(leg, b, at)
		result, reply, at, note = r.bridged(), r.reply, r.end, cmp.Or(r.note, note)
		if r.ends(b) {
			break
		}
	}
	result.Note = note
	return result, reply, at
}

// ringTogether rings all legs, each after its delay. A delay is skipped while nothing rings (FreeSWITCH's
// leg_delay_start): the next leg begins at once, whether it is the first or all before it have failed.
func (p *pretendCaller) ringTogether(b Bridge) (result Bridged, reply Reply, at time.Duration) {
	waiting := slices.Clone(b.Legs)
	slices.SortStableFunc(waiting, func(a, c Leg) int { return cmp.Compare(a.Delay, c.Delay) })
	result = nobodyRung()
	note := ""
	var ringing []rung
	for len(waiting)+len(ringing) > 0 {
		for len(waiting) > 0 && (len(ringing) == 0 || waiting[0].Delay <= at) {
			r := p.start(waiting[0], b, at)
			ringing, waiting, note = append(ringing, r), waiting[1:], cmp.Or(r.note, note)
		}
		first := slices.MinFunc(ringing, func(a, c rung) int { return cmp.Compare(a.end, c.end) })
		if len(waiting) > 0 && waiting[0].Delay < min(first.end, b.Timeout) {
			at = waiting[0].Delay
			continue
		}
		ringing = slices.DeleteFunc(ringing, func(r rung) bool { return r.leg == first.leg })
		result, reply, at = first.bridged(), first.reply, first.end
		if first.ends(b) {
			break
		}
		if at >= b.Timeout {
			waiting = nil
		}
	}
	result.Note = note
	return result, reply, at
}

// nobodyRung is the result of a bridge without legs.
func nobodyRung() Bridged { return Bridged{Cause: notRegistered, Code: sipCode(notRegistered)} }

// confirmPatience is how long the answering party of a forwarded call may take to press 1 (Confirm-Read-Timeout in
// kz_endpoint.erl).
const confirmPatience = 7 * time.Second

// legEnd returns when a leg that begins to ring at start is answered or fails. A leg that rings for too long is not
// answered.
func legEnd(start time.Duration, leg Leg, b Bridge, r *Reply) time.Duration {
	longest := b.Timeout
	if leg.Timeout > 0 {
		longest = leg.Timeout
	}
	last := start + longest
	if !b.InTurn {
		last = max(start, min(last, b.Timeout))
	}
	end := start + r.After
	if r.Cause == noAnswer || end > last {
		r.Cause, end = noAnswer, last
	}
	return end
}
