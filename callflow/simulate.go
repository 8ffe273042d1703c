package callflow

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"callfn/internal/account"
	"callfn/internal/function"
)

// Simulator rehearses calls. It is safe for concurrent use.
type Simulator struct {
	Executor *Executor
	Random   io.Reader        // for Call-IDs; nil for crypto/rand
	Clock    func() time.Time // for scripts that name no time; nil for time.Now
}

// SimulationRequest describes one pretend call.
type SimulationRequest struct {
	Account account.ID
	Call    map[string]any // as ParseCall takes it
	Script  map[string]any // as ParseScript takes it; may be nil
	// DefaultRealm is the realm of parties that are described without one, the account's as a rule. KAZOO's `norealm`
	// where this is empty too.
	DefaultRealm string
	Preflow      ID            // callflow that the account runs before every other; may be empty
	TimeZone     string        // the account's, IANA; empty for UTC
	HangUpAfter  time.Duration // when the caller hangs up, on the call's own clock, unless the script says; 0 for not before the end
}

// Simulate tells what would happen to a call, and does nothing outside: functions run as rehearsals, nothing is dialled
// or sent. That no callflow answers is a trace, too. Errors are an *InvalidCall for a description that cannot be used,
// and what the Directory answers when it cannot be reached.
func (s *Simulator) Simulate(ctx context.Context, r SimulationRequest) (Trace, error) {
	call, ignored, err := ParseCall(r.Account, r.Call)
	script, scriptErr := ParseScript(r.Script, r.TimeZone)
	if err := bothInvalid(err, scriptErr); err != nil {
		return Trace{}, err
	}
	if script.HangUpAfter == 0 {
		script.HangUpAfter = r.HangUpAfter
	}
	call.defaultRealm(r.DefaultRealm)
	if call.ID == "" {
		if call.ID, err = s.newCallID(); err != nil {
			return Trace{}, err
		}
	}
	trace := Trace{CallID: call.ID, AccountID: call.Account, Call: clone(Params(call)).(map[string]any), Steps: []Step{}}
	for _, name := range ignored {
		trace.Notes = append(trace.Notes, ignoredNote(name))
	}

	match, err := Lookup(ctx, s.Executor.Directory, call.Account, call.Request.User)
	for _, row := range match.Skipped {
		trace.Notes = append(trace.Notes, fmt.Sprintf("the pattern %s of callflow %s is not understood and was skipped", clip(row.Pattern, maxText), row.ID))
	}
	if errors.Is(err, ErrNoCallflow) {
		trace.Ended = unanswered(call, "add the number to a callflow's numbers or patterns, or give the account a callflow with the number no_match")
		return trace, nil
	}
	if err != nil {
		return Trace{}, fmt.Errorf("simulate a call to %s: %w", clip(call.Request.User, maxText), err)
	}
	if ok, why := eligible(call, match); !ok {
		trace.Ended = unanswered(call, why)
		return trace, nil
	}
	trace.Callflow = found(match)
	if match.CatchAll && call.AuthorizingType() == "" {
		trace.Notes = append(trace.Notes, "the no_match callflow serves calls from the account's own endpoints only; to see what a carrier's call gets, set Authorizing-Type to resource in Custom-Channel-Vars")
	}
	call.CaptureGroup, call.CaptureGroups = match.CaptureGroup, match.CaptureGroups
	call.setChannelVar("CallFlow-ID", string(match.ID))

	caller := &pretendCaller{script: script}
	trace.Ended = s.Executor.Run(ctx, Walk{
		Call: call, Flow: withPreflow(r.Preflow, match.Flow), Switch: caller, Origin: function.FromRehearsal, TimeZone: or(script.TimeZone, r.TimeZone),
		Began: s.began(script), Pretend: !script.Now.IsZero(),
		Observe: func(step Step) { trace.Steps = append(trace.Steps, step) },
	})
	trace.DurationMS = caller.now.Milliseconds()
	if len(trace.Steps) == 0 && trace.Ended.Hint == "" {
		trace.Ended.Hint = "the callflow has an empty flow"
	}
	return trace, nil
}

// began is when the call begins.
func (s *Simulator) began(script Script) time.Time {
	switch {
	case !script.Now.IsZero():
		return script.Now
	case s.Clock != nil:
		return s.Clock()
	}
	return time.Now()
}

// bothInvalid joins what is wrong with the call and with the script into one error.
func bothInvalid(call, script error) error {
	var a, b *InvalidCall
	if errors.As(call, &a) && errors.As(script, &b) {
		maps.Copy(a.Fields, b.Fields)
	}
	if call != nil {
		return call
	}
	return script
}

func unanswered(c *Call, hint string) Ended {
	return Ended{How: EndNoCallflow, Cause: "no callflow answers " + clip(c.Request.User, maxText), Hint: hint}
}

func ignoredNote(name string) string {
	if name == "Account-ID" {
		return "Account-ID was ignored: a call always belongs to the account it is simulated in"
	}
	return clip(name, 80) + " was ignored: it is no parameter of a call"
}

func (s *Simulator) newCallID() (string, error) {
	random := s.Random
	if random == nil {
		random = rand.Reader
	}
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("make a Call-ID: %w", err)
	}
	return "rehearsal-" + hex.EncodeToString(raw[:]), nil
}
