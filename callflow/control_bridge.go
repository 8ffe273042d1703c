package callflow

import "time"

// Bridge describes legs to ring; the call is connected to the first that answers
// (docs/reference/kazoo.md#call-commands, bridge).
type Bridge struct {
	Legs               []Leg
	Timeout            time.Duration // total ringing time
	InTurn             bool          // ring one after the other instead of all at once
	FailOnSingleReject bool          // a reject by one leg ends the ringing of all
	IgnoreEarlyMedia   bool
	Ringback           string
	SIPHeaders         map[string]any
	CallerIDName       string // replaces the caller's own name; empty to keep it
	CallerIDNumber     string
}

// Leg is one phone or number to ring.
type Leg struct {
	Kind    string        // device, user, group or offnet
	ID      string        // a document's id, or the number when offnet
	Owner   string        // user for whom a device is rung
	Device  string        // device that is forwarded to this number; empty if none is
	Confirm bool          // an answer counts only after pressing 1 (KAZOO's require_keypress)
	Delay   time.Duration // delay before it rings
	Timeout time.Duration // ringing time; 0 for as long as the bridge
}

// Bridged is the result of a bridge.
type Bridged struct {
	Cause string // SUCCESS, or the hangup cause of the failure, such as USER_BUSY
	Code  string // the SIP response that goes with it, `sip:486`; may be empty
	Leg   Leg    // who answered
	Note  string // for the reader of a trace; may be empty
}

// Answered reports whether somebody answered.
func (b Bridged) Answered() bool { return b.Cause == success }
