package callflow

import (
	"cmp"
	"time"

	"callfn/internal/jsonvalue"
)

// Rehearsal is a pretend call before its first step. Every way of trying something starts from one, so that a function
// run by itself gets exactly what it gets in a simulated call.
type Rehearsal struct {
	Call     *Call
	Script   Script
	Began    time.Time // start of the call in TimeZone: from the script, or now
	TimeZone string    // IANA name: the script's, else the account's, else UTC
	Notes    []string  // remarks on members of the description that were ignored or need an explanation
}

// Prepare makes a pretend call from a description. It returns an *InvalidCall, or an error if there is no randomness
// for a Call-ID.
func (s *Simulator) Prepare(r SimulationRequest) (Rehearsal, error) {
	call, ignored, err := ParseCall(r.Account, r.described())
	script, scriptErr := ParseScript(jsonvalue.Object{Members: r.Script, Order: r.ScriptOrder}, r.TimeZone)
	if err := bothInvalid(err, scriptErr); err != nil {
		return Rehearsal{}, err
	}
	call.defaultRealm(r.DefaultRealm)
	if call.ID == "" {
		if call.ID, err = s.newCallID(); err != nil {
			return Rehearsal{}, err
		}
	}
	p := Rehearsal{Call: call, Script: script, TimeZone: cmp.Or(cmp.Or(script.TimeZone, r.TimeZone), "UTC")}
	for _, name := range ignored {
		if value, ok := jsonvalue.Scalar(r.Call[name]); ok && !r.Flow.IsZero() && name != "Account-ID" {
			call.setUserVar(name, value)
			continue
		}
		p.Notes = append(p.Notes, ignoredNote(name))
	}
	if script.Remark != "" {
		p.Notes = append(p.Notes, script.Remark)
	}
	loc, err := loadZone(p.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	p.Began = s.began(script).In(loc)
	return p, nil
}

// began returns when the call begins.
func (s *Simulator) began(script Script) time.Time {
	switch {
	case !script.Now.IsZero():
		return script.Now
	case s.Clock != nil:
		return s.Clock()
	}
	return time.Now()
}
