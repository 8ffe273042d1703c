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
	"callfn/internal/clip"
	"callfn/internal/function"
	"callfn/internal/jsonvalue"
)

// Simulator rehearses calls. It is safe for concurrent use.
type Simulator struct {
	Executor *Executor
	Random   io.Reader        // for Call-IDs; nil for crypto/rand
	Clock    func() time.Time // for scripts without a time; nil for time.Now
	Web      *Web             // for scripts with real_http; nil if none may use it
}

// SimulationRequest describes one pretend call.
type SimulationRequest struct {
	Account account.ID
	Call    map[string]any // as ParseCall takes it
	Script  map[string]any // as ParseScript takes it; may be nil
	// ScriptOrder is the order of the script's members. Flows in its web servers' responses need it.
	ScriptOrder *jsonvalue.Order
	// DefaultRealm is the realm of parties without one, usually the account's; "" for KAZOO's `norealm`.
	DefaultRealm string
	Preflow      ID     // callflow that the account runs before every other; "" for none
	TimeZone     string // the account's, IANA; "" for UTC
	// HangUpAfter is when the caller hangs up, on the call's clock, unless the script says; 0 for not before the end.
	HangUpAfter time.Duration

	// Flow is walked instead of a callflow that is looked up; the zero Node for a look-up. With a Flow the call need not
	// name a called party, and its members that are no call parameters are the customer's own variables
	// (docs/reference/kazoo.md#user-variables).
	Flow Node
	// Candidate replaces the stored callflow with its id, or is added to the stored ones; may be nil.
	Candidate *Candidate
	// Runner replaces the Executor's Runner; may be nil.
	Runner Runner
}

// Simulate returns what would happen to a call, without outside effects. Functions run as rehearsals. Nothing is
// dialled or sent, except to web servers if the script asks for that and may. A call without a callflow gives a trace
// too. Simulate returns an *InvalidCall for an invalid description, and the Directory's error if it cannot be reached.
func (s *Simulator) Simulate(ctx context.Context, r SimulationRequest) (Trace, error) {
	p, err := s.Prepare(r)
	if err != nil {
		return Trace{}, err
	}
	web, err := s.webFor(p.Script)
	if err != nil {
		return Trace{}, err
	}
	call, script := p.Call, p.Script
	hangUpScripted := script.HangUpAfter > 0
	if !hangUpScripted {
		script.HangUpAfter = r.HangUpAfter
	}
	trace := Trace{
		CallID: call.ID, AccountID: call.Account, At: p.Began.Format(time.RFC3339), TimeZone: p.TimeZone, Steps: []Step{},
		Notes: p.Notes,
		Call:  clone(Params(call)).(map[string]any),
	}
	executor := s.executorFor(r)
	flow := r.Flow
	if flow.IsZero() {
		match, answered, err := s.answer(ctx, executor.Directory, call, &trace)
		if err != nil || !answered {
			return trace, err
		}
		flow = match.Flow.After(r.Preflow)
	}
	caller, outside := &pretendCaller{script: script, web: web}, script.Outside()
	trace.Ended = executor.Run(ctx, Walk{
		Call: call, Flow: flow, Switch: caller, Origin: function.FromRehearsal, TimeZone: p.TimeZone,
		Outside: outside,
		Began:   p.Began, Pretend: !script.Now.IsZero(),
		Observe: func(step Step) { trace.Steps = append(trace.Steps, step) },
	})
	for _, key := range outside.Used() {
		caller.markUsed("http", key)
	}
	trace.DurationMS = caller.now.Milliseconds()
	trace.Unused = caller.unused(hangUpScripted)
	if len(trace.Steps) == 0 && trace.Ended.Hint == "" {
		trace.Ended.Hint = "the callflow has an empty flow"
	}
	return trace, nil
}

// answer finds the callflow that answers the call, and records in the trace which one it is, or why there is none.
func (s *Simulator) answer(ctx context.Context, directory Directory, call *Call, trace *Trace) (match Match,
	answered bool, err error,
) {
	match, err = Answer(ctx, directory, call)
	for _, row := range match.Skipped {
		trace.Notes = append(trace.Notes, fmt.Sprintf("the pattern %s of callflow %s was skipped: %v",
			clip.Text(row.Pattern, maxText), row.ID, row.Err))
	}
	var unfit *ineligible
	switch {
	case errors.As(err, &unfit):
		trace.Ended = unanswered(call, unfit.why)
		return match, false, nil
	case errors.Is(err, ErrNoCallflow):
		trace.Ended = unanswered(call, "add the number to a callflow's numbers or patterns, or give the account a callflow "+
			"with the number no_match")
		return match, false, nil
	case err != nil:
		return match, false, fmt.Errorf("simulate a call to %s: %w", clip.Text(call.Request.User, maxText), err)
	}
	trace.Callflow = match.Found()
	if match.CatchAll && call.AuthorizingType() == "" {
		trace.Notes = append(trace.Notes, "the no_match callflow serves calls from the account's own endpoints only; to "+
			"see what a carrier's call gets, set Authorizing-Type to resource in Custom-Channel-Vars")
	}
	return match, true, nil
}

// described returns the call for ParseCall. With a Flow there is no look-up, so the call needs no called party.
func (r SimulationRequest) described() map[string]any {
	if r.Flow.IsZero() || r.Call["To"] != nil || r.Call["Request"] != nil {
		return r.Call
	}
	call := maps.Clone(r.Call)
	if call == nil {
		call = map[string]any{}
	}
	call["To"] = noUser
	return call
}

// executorFor returns the Executor with the request's replacements for its parts.
func (s *Simulator) executorFor(r SimulationRequest) *Executor {
	if r.Runner == nil && r.Candidate == nil {
		return s.Executor
	}
	e := *s.Executor
	if r.Runner != nil {
		e.Runner = r.Runner
	}
	if r.Candidate != nil {
		e.Directory = withCandidate{Directory: e.Directory, account: r.Account, candidate: *r.Candidate}
	}
	return &e
}

// webFor returns the Web for a script with real_http.
func (s *Simulator) webFor(script Script) (*Web, error) {
	if !script.RealHTTP {
		return nil, nil
	}
	if s.Web == nil {
		var refused InvalidCall
		refused.add("script.real_http", "forbidden", "rehearsals do not ask web servers here: say what they answer "+
			"(script.http; --http URL=ANSWER), or have the operator start the service with --rehearsal-http", nil)
		return nil, &refused
	}
	return s.Web, nil
}

// bothInvalid joins the faults of the call and of the script into one error.
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
	return Ended{How: EndNoCallflow, Cause: "no callflow answers " + clip.Text(c.Request.User, maxText), Hint: hint}
}

func ignoredNote(name string) string {
	if name == "Account-ID" {
		return "Account-ID was ignored: a call always belongs to the account it is simulated in"
	}
	return clip.Text(name, 80) + " was ignored: it is no parameter of a call"
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
