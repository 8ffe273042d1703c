package callflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bridge rings the legs as the script answers for them, and lets them talk.
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
	p.gone = &Ended{How: EndAnswered, Cause: normalClearing}
	return result, nil
}

// ring finds what comes of all the legs together, and when. When nobody answers, the leg that ended last says why, as
// the switch has it.
func (p *pretendCaller) ring(b Bridge) (result Bridged, reply Reply, at time.Duration) {
	result = Bridged{Cause: notRegistered, Code: sipCode(notRegistered)}
	refused := time.Duration(-1) // when somebody ended it for all
	refusal := rejected          // and with which cause
	begin := time.Duration(0)
	for _, leg := range b.Legs {
		r, key, scripted := p.script.reply(leg)
		if scripted {
			p.use("answers", key)
		} else {
			keys := leg.replyKeys()
			result.Note = fmt.Sprintf("the script does not say who answers, so nobody does: say it of %s (script.answers; "+
				"--answer %s:answered)",
				strings.Join(keys, ", "), keys[0])
		}
		end := legEnd(begin+leg.Delay, leg, b, &r)
		unconfirmed := leg.Confirm && r.Cause == success && !r.Accepts
		if unconfirmed {
			r.Cause, end = noAnswer, end+confirmPatience
			result.Note = "answered, and 1 was not pressed, which require_keypress asks for: say accepted instead of answered " +
				"to have it pressed"
		}
		if b.InTurn {
			begin = end
		}
		switch {
		case r.Cause == success && (!result.Answered() || end < at):
			result, reply, at = Bridged{Cause: success, Code: sipCode(success), Leg: leg}, r, end
		case r.Cause == rejected && b.FailOnSingleReject && (refused < 0 || end < refused):
			refused, refusal = end, rejected
		case r.Cause != success && leg.Confirm && slices.Contains(confirmRejects, r.Cause) && (refused < 0 || end < refused):
			refused, refusal = end, r.Cause
		case r.Cause != success && !result.Answered() && end >= at:
			result.Cause, result.Code, at = r.Cause, sipCode(r.Cause), end
		}
		if b.InTurn && (result.Answered() || refused >= 0) {
			break
		}
	}
	if refused >= 0 && (!result.Answered() || refused < at) {
		return Bridged{Cause: refusal, Code: sipCode(refusal), Note: result.Note}, Reply{}, refused
	}
	return result, reply, at
}

// confirmPatience is how long who answers a forwarded call may take to press 1 (Confirm-Read-Timeout in
// kz_endpoint.erl).
const confirmPatience = 7 * time.Second

// confirmRejects are the causes with which one forwarded leg that asks for a key ends the ringing of all
// (Require-Fail-On-Single-Reject in kz_endpoint.erl).
var confirmRejects = []string{userBusy, rejected, noAnswer, normalClearing, "PROGRESS_TIMEOUT"}

// legEnd says when a leg that begins to ring at start is answered or lost; one that rings for too long is not answered.
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
