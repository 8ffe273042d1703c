package calls

import (
	"encoding/json"
	"time"

	"callfn/callflow"
)

// Record is a call that is over: what it was, how it ended, and the steps of its walk.
type Record struct {
	Channel
	Finished time.Time
	Ended    callflow.Ended
	Steps    []callflow.Step // the first ones, bounded
	More     int             // steps beyond those
}

// Duration is how long the call lasted, from its beginning.
func (r Record) Duration() time.Duration { return r.Finished.Sub(r.Began) }

// Billing is how long the call lasted since it was answered; nothing for one that never was.
func (r Record) Billing() time.Duration {
	if r.Answered.IsZero() {
		return 0
	}
	return r.Finished.Sub(r.Answered)
}

// Ringing is how long the call waited for an answer.
func (r Record) Ringing() time.Duration {
	if r.Answered.IsZero() {
		return r.Duration()
	}
	return r.Answered.Sub(r.Began)
}

// trimmed is a step without what the record of its function's run has: the flow that was returned, values and logs.
func trimmed(s callflow.Step) callflow.Step {
	if s.Function != nil {
		f := *s.Function
		f.Flow.Members, f.Flow.Order, f.Returned, f.Result, f.Logs, f.Levels = nil, nil, nil, nil, nil, nil
		s.Function = &f
	}
	return s
}

// weight is roughly how many bytes of JSON a step is.
func weight(s callflow.Step) int {
	text, err := json.Marshal(s)
	if err != nil {
		return mostStepBytes // kept in no record
	}
	return len(text)
}
